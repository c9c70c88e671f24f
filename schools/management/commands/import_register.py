"""`manage.py import_register FILE`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from schools.register import import_register
from schools.register_file import RegisterUnreadable


class Command(BaseCommand):
    """Take in the national register of schools from its own CSV file, or the zip that holds it."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="edubasealldata….csv or .zip, from Get information about schools")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            outcome = import_register(file)
        except RegisterUnreadable as problem:
            raise CommandError(f"{problem} The register is as it was.") from problem
        for row in outcome.bad_rows:
            self.stderr.write(f"Line {row.line} left out: {row.reason}")
        self.stdout.write(
            f"{outcome.added:,} schools added, {outcome.changed:,} changed, {outcome.unchanged:,} as they were, "
            f"{len(outcome.bad_rows):,} rows left out."
        )
