"""`migrate` as the owner of the tables, and then the rights of the other roles."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any, cast

from django.conf import settings
from django.core.management.base import CommandParser
from django.core.management.commands.migrate import Command as DjangoMigrate

from hubs.tenancy.roles import grant_rights


class Command(DjangoMigrate):
    """Migrate through the alias `owner`, then give the app and national roles their rights."""

    def add_arguments(self, parser: CommandParser) -> None:
        """As Django's, with another default for --database."""
        super().add_arguments(parser)
        if "owner" in settings.DATABASES:
            cast(ArgumentParser, parser).set_defaults(database="owner")

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate, then grant."""
        super().handle(*args, **options)
        changed_nothing = options["check_unapplied"] or options["plan"]
        if options["database"] == "owner" and not changed_nothing:
            grant_rights(using="owner")
