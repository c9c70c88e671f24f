"""The stages of a new academic year, as a copy of the year before."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from hubs.years import label_of
from programmes.catalogue import NoYearToCopy, add_year


class Command(BaseCommand):
    """`add_year 2028` for 2028/29."""

    help = "Add the stages of an academic year, copied from the latest year before it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("year", type=int, help="the year in which the academic year starts: 2028 for 2028/29")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            added = add_year(options["year"])
        except NoYearToCopy as error:
            raise CommandError("There is no earlier year to copy the stages from.") from error
        self.stdout.write(f"{added} stages added for {label_of(options['year'])}.")
