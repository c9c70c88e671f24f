"""`manage.py show_school URN`."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from schools.description import description_of
from schools.models import School, Succession


class Command(BaseCommand):
    """Show who a school is, what it was before and is today, and what follows from the register, with reasons."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("urn", type=int, metavar="URN", help="the school's number in the register")
        parser.add_argument("--json", action="store_true", dest="as_json", help="as JSON, for programs")

    def handle(self, *args: Any, urn: int, as_json: bool, **options: Any) -> None:
        school = School.objects.select_related("authority").filter(pk=urn).first()
        if school is None:
            raise CommandError(f"There is no school with URN {urn} in the register.")
        known = description_of(school)
        if as_json:
            self.stdout.write(json.dumps(known, indent=2, ensure_ascii=False))
        else:
            self.stdout.write("\n".join(_lines(known)))


def _lines(known: dict[str, Any]) -> list[str]:
    yes_no = {True: "yes", False: "no", None: "not known", "": "none"}
    lines = [
        f"{known['name']} (URN {known['urn']}{'' if known['in_register'] else ', a stand-in: added by a hub'})",
        f"{known['address']}; {known['authority']}",
        _status(known),
        "",
        f"Was before: {_listed(known['ancestors']) or 'nothing else'}",
        f"Is today: {_listed(known['current']) or 'nobody knows'}",
        "",
    ]
    for name, fact in known["facts"].items():
        value = fact["value"]
        if isinstance(value, list):
            words = ", ".join(value) or "not known"
        elif isinstance(value, dict):
            words = ", ".join(f"{part} {number}" for part, number in value.items())
        else:
            words = yes_no.get(value, value)
        lines.append(f"{name.replace('_', ' ').capitalize()}: {words} ({fact['reason']})")
    for succession in known["successions"]:
        lines += ["", *_succession_lines(succession)]
    return lines


def _status(known: dict[str, Any]) -> str:
    dates = [f"{word} {known[key]}" for word, key in (("opened", "opened_on"), ("closed", "closed_on")) if known[key]]
    return ", ".join([known["status"], *dates])


def _succession_lines(succession: dict[str, Any]) -> list[str]:
    verb = Succession.Kind(succession["kind"]).label.lower()
    what = f"{succession['predecessor']} {verb} {succession['successor']}, {succession['happened_on'] or 'undated'}"
    lines = [f"{what}: {'counts' if succession['counts'] else 'does not count'}"]
    lines += [f"  In doubt: {doubt}" for doubt in succession["doubts"]]
    for ruling in succession["rulings"]:
        said = "the same school" if ruling["same_school"] else "not the same school"
        lines.append(f"  Ruled {said} by {ruling['ruled_for']} on {ruling['ruled_at'][:10]}: {ruling['reason']}")
    return lines


def _listed(urns: list[int]) -> str:
    return ", ".join(str(urn) for urn in urns)
