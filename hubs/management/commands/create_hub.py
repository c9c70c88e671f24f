"""The first step of a hub: make it, and invite its first administrator."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from hubs.inviting import LIFETIME, found_hub
from hubs.models import Hub


class Command(BaseCommand):
    """`create_hub --slug northvale --name "Northvale Maths Hub" …`."""

    help = "Make a hub and invite its first administrator by e-mail."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--slug", required=True, help="the hub's part of every address, like northvale")
        parser.add_argument("--name", required=True, help="the hub's name, like Northvale Maths Hub")
        parser.add_argument("--contact-email", required=True, help="where schools write to")
        parser.add_argument("--administrator", required=True, metavar="EMAIL", help="the first administrator's address")
        parser.add_argument("--administrator-name", required=True, metavar="NAME")

    def handle(self, *args: Any, **options: Any) -> None:
        contact = options["contact_email"]
        hub = Hub(
            slug=options["slug"],
            name=options["name"],
            contact_email=contact,
            reply_to=contact,
            privacy_contact_email=contact,
        )
        try:
            invitation = found_hub(
                hub=hub, email=options["administrator"], name=options["administrator_name"], now=timezone.now()
            )
        except ValidationError as error:
            raise CommandError("\n".join(error.messages)) from error
        self.stdout.write(
            f"{hub.name} is there. An invitation is on its way to {invitation.email}: its link works for "
            f"{LIFETIME.days} days. The administrator then sets up a second step for signing in, enters the lead "
            "school, the area and the colour under Hub settings, and invites the other members."
        )
