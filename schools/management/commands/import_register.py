"""`manage.py import_register FILE`."""

from __future__ import annotations

import getpass
import sys
import tempfile
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from hubs.wording import plain_day
from schools import differences
from schools.differences import Kind
from schools.register import Plan, import_register, reading
from schools.register_file import RegisterRefused
from schools.rows import BadRow


class Command(BaseCommand):
    """Take in the national register of schools from its own file, after saying what that would change."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="edubasealldata….csv or .zip, from Get information about schools")
        parser.add_argument("--links", type=Path, help="links_edubasealldata….csv or .zip, where FILE does not hold it")
        parser.add_argument("--dry-run", action="store_true", help="say what would change, and change nothing")
        parser.add_argument("--yes", action="store_true", help="do not ask")
        parser.add_argument(
            "--force",
            action="store_true",
            help="also an older file, or one that many schools or links are missing from",
        )
        parser.add_argument("--changes", type=Path, metavar="CSV", help="where to write the changes, school by school")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        self.file, self.options = file, options
        try:
            if options["dry_run"]:
                self._try(file)
                return
            plan = import_register(
                file,
                links=options["links"],
                actor_name=_person(),
                now=timezone.now(),
                force=options["force"],
                tell=self._tell,
                agree=None if options["yes"] else self._agree,
            )
        except RegisterRefused as refusal:
            raise CommandError(f"{refusal} The register is as it was.") from refusal
        if not plan.applied:
            self.stdout.write("Nothing was changed.")
        elif plan.changes_nothing:
            self.stdout.write("The register was up to date: nothing has changed.")
        else:
            self.stdout.write(
                f"Done: {plan.added:,} schools added, {plan.changed:,} changed, {plan.unchanged:,} as they were."
            )

    def _try(self, file: Path) -> None:
        with reading(file, links=self.options["links"], now=timezone.now()) as plan:
            self._tell(plan)
            if not self.options["force"]:
                plan.refuse()
        self.stdout.write("This was a trial: nothing has been changed.")

    def _agree(self, plan: Plan) -> bool:
        if not sys.stdin.isatty():
            raise CommandError("Nobody can be asked here whether to go on: say --yes. The register is as it was.")
        self.stdout.write("Change the register like this? [y/N] ", ending="")
        self.stdout.flush()
        return sys.stdin.readline().strip().lower() in ("y", "yes")

    def _tell(self, plan: Plan) -> None:
        self._tell_bad_rows(self.file.name, plan.bad_rows, plan.left_out)
        self._tell_bad_rows(plan.links_file_name, plan.links.bad_rows, plan.links.left_out)
        day = f", the register of {plain_day(plan.as_of)}" if plan.as_of else ""
        self.stdout.write(f"{plan.file_name}{day}: {plan.rows:,} schools.")
        for kind in Kind:
            if number := plan.counts.kinds[kind]:
                self.stdout.write(f"{number:>8,}  {kind.label}")
        if plan.links_file_name:
            links = plan.links
            self.stdout.write(f"{plan.links_file_name}: {links.added:,} links added, {links.removed:,} removed.")
        if plan.changes_nothing:
            self.stdout.write("Nothing would change.")
        if plan.added or plan.changed:
            self.stdout.write(f"School by school: {self._write_changes(plan)}")
        for reason in plan.refusals if self.options["force"] else ():
            self.stderr.write(f"Forced, although: {reason}")

    def _tell_bad_rows(self, name: str, first: list[BadRow], left_out: int) -> None:
        for row in first:
            self.stderr.write(f"{name}, line {row.line} left out: {row.reason}")
        if left_out > len(first):
            self.stderr.write(f"{name}: {left_out:,} rows are left out in all.")

    def _write_changes(self, plan: Plan) -> Path:
        """The CSV of changes; in the temporary folder where no other place was named."""
        path: Path | None = self.options["changes"]
        if path is None:
            with tempfile.NamedTemporaryFile("w", prefix="register-changes-", suffix=".csv", delete=False) as file:
                path = Path(file.name)
        try:
            # With a mark at the start, by which spreadsheets know that it is UTF-8.
            with path.open("w", encoding="utf-8-sig", newline="") as file:
                differences.write(plan.changes(), file)
        except OSError as error:
            raise CommandError(
                f"{path} cannot be written: {error.strerror or error}. The register is as it was."
            ) from error
        return path


def _person() -> str:
    """The operating system's name for who gives the command."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "somebody without a name"
