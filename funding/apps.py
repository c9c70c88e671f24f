from __future__ import annotations

from django.apps import AppConfig


class FundingConfig(AppConfig):
    """Grants, payments and the release-time ledger."""

    name = "funding"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Award grants with places, and count what happens in Work Groups."""
        from correspondence import reminders
        from funding import granting, ledger
        from funding.reminders import RULES
        from hubs.pages import register
        from workgroups import happenings
        from workgroups.completing import register_evidence

        register(label="Money", url_name="grant_list", capability="view_money", order=40)
        happenings.place_made.listen(granting.award)
        happenings.attendance_marked.listen(ledger.count_attendance)
        happenings.meeting_held.listen(ledger.count_meeting)
        happenings.visit_held.listen(ledger.count_visit)
        register_evidence(ledger.evidence_of)
        for rule in RULES:
            reminders.register(rule)
