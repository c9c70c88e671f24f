"""A person for the national figures."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email

from hubs.national import appoint_viewer


class Command(BaseCommand):
    """`add_national_viewer --email sol@ncetm.example --name "Sol Example"`."""

    help = "Let a person see every hub's figures: counts, nobody's notes or names."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--email", required=True)
        parser.add_argument("--name", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            validate_email(options["email"])
        except ValidationError as error:
            raise CommandError(f"{options['email']} is not an e-mail address.") from error
        role = appoint_viewer(email=options["email"], name=options["name"])
        self.stdout.write(
            f"{role.user.name} sees national figures. To sign in: the address and a code sent to it, "
            "then a second step to set up."
        )
