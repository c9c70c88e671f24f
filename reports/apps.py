from __future__ import annotations

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    """What people read about the hub's work: its home, and national figures."""

    name = "reports"

    def ready(self) -> None:
        from hubs.pages import register

        register(label="Home", url_name="console_home", capability="use_console", order=0)
