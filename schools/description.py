"""All that is known of a school's identity, gathered for support."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Q

from schools import ancestry, kinds
from schools.kinds import Verdict
from schools.models import Doubt, School, Succession, SuccessionRuling
from schools.positions import position


def description_of(school: School) -> dict[str, Any]:
    """A school's identity, what it was and is, and what follows from the register, as plain values for JSON."""
    return {
        "urn": school.urn,
        "name": school.name,
        "address": address_of(school),
        "authority": school.authority.name,
        "status": school.get_status_display(),
        "opened_on": _day(school.opened_on),
        "closed_on": _day(school.closed_on),
        "in_register": school.is_of_register,
        "ancestors": sorted(ancestry.ancestors_of([school.pk]).get(school.pk, ())),
        "current": sorted(one.urn for one in ancestry.current_of(school)),
        "facts": {name: {"value": value, "reason": reason} for name, (value, reason) in _facts(school).items()},
        "successions": _successions(school),
    }


def address_of(school: School) -> str:
    """The address in one line, without the parts that the register leaves empty."""
    lines = (school.street, school.locality, school.address3, school.town, school.county, school.postcode)
    return ", ".join(line for line in lines if line)


def _facts(school: School) -> dict[str, tuple[Any, str]]:
    served, place = kinds.phases(school), position(school)
    plain: dict[str, Verdict[Any]] = {
        "state_funded": kinds.state_funded(school),
        "standing": kinds.standing(school),
        "kind": kinds.kind(school),
        "special": kinds.special(school),
        "trust": kinds.trust(school),
        "region": kinds.region(school.authority),
    }
    return {
        **{name: (verdict.value, verdict.reason) for name, verdict in plain.items()},
        "phases": ([phase.value for phase in kinds.Phase if phase in served.value], served.reason),
        "position": (place.value._asdict() if place.value else None, place.reason),
    }


def _successions(school: School) -> list[dict[str, Any]]:
    either = Q(predecessor=school.pk) | Q(successor=school.pk)
    rulings: dict[tuple[int, int], list[dict[str, Any]]] = {}
    for ruling in SuccessionRuling.objects.filter(either).select_related("ruled_for"):
        pair = (ruling.predecessor_id, ruling.successor_id)
        rulings.setdefault(pair, []).append(
            {
                "same_school": ruling.same_school,
                "reason": ruling.reason,
                "ruled_for": ruling.ruled_for.name,
                "ruled_at": ruling.ruled_at.isoformat(),
            }
        )
    return [
        {
            "predecessor": succession.predecessor_id,
            "successor": succession.successor_id,
            "kind": succession.kind,
            "happened_on": _day(succession.happened_on),
            "counts": succession.counts,
            "doubts": [Doubt(doubt).label for doubt in succession.doubts],
            "rulings": rulings.get((succession.predecessor_id, succession.successor_id), []),
        }
        for succession in Succession.objects.filter(either).order_by("happened_on", "predecessor_id", "successor_id")
    ]


def _day(day: dt.date | None) -> str | None:
    return day.isoformat() if day else None
