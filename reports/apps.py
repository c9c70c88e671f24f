from __future__ import annotations

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    """What people read about the hub's work: its home, and national figures."""

    name = "reports"

    def ready(self) -> None:
        from correspondence import makers
        from hubs.pages import register, register_waiting
        from reports.home import waiting_in_words
        from reports.report_makers import REPORTS

        register(label="Home", url_name="console_home", capability="use_console", order=0)
        register(label="Reports", url_name="report_list", capability="make_reports", order=50)
        register(label="Schools", url_name="school_list", capability="view_schools", order=15)
        register_waiting(capability="view_expressions", words=waiting_in_words)
        for kind, maker in REPORTS.items():
            makers.register(kind, maker)
