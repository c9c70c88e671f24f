"""The demo's invented world."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from hubadmin.demo.seed import RealRegister, seed


class Command(BaseCommand):
    """`seed_demo`: three hubs, their schools and people; harmless when repeated."""

    help = "Fill the demo's database with invented hubs, schools and people. Does nothing when they are there."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("Invented hubs belong in the demo only: set ENVIRONMENT=demo.")
        try:
            made = seed(now=timezone.now())
        except RealRegister as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write("The demo's hubs, schools and people are made." if made else "The demo is there already.")
