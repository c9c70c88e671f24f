from __future__ import annotations

from django.apps import AppConfig


class ProgrammesConfig(AppConfig):
    """Stages, recruitment, expressions of interest and their decisions."""

    name = "programmes"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from correspondence import reminders
        from hubs.pages import register
        from programmes.reminders import RULES
        from programmes.tasks import follow
        from programmes.withdrawing import holds, let_go
        from schools import following, withdrawing

        register(label="Expressions of interest", url_name="expression_list", capability="view_expressions", order=10)
        register(label="Recruitment", url_name="recruitment", capability="manage_recruitment", order=20)
        following.register(follow)
        withdrawing.register(holds=holds, let_go=let_go)
        for rule in RULES:
            reminders.register(rule)
