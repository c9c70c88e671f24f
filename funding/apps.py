from __future__ import annotations

from django.apps import AppConfig


class FundingConfig(AppConfig):
    """Grants, payments and the release-time ledger."""

    name = "funding"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Award grants with places, and count what happens in Work Groups."""
        from funding import granting, ledger
        from workgroups import happenings

        happenings.place_made.listen(granting.award)
        happenings.attendance_marked.listen(ledger.count_attendance)
        happenings.meeting_held.listen(ledger.count_meeting)
        happenings.visit_held.listen(ledger.count_visit)
