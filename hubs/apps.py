from __future__ import annotations

from django.apps import AppConfig


class HubsConfig(AppConfig):
    """The ground: hubs, people, who may do what, and the walls between hubs."""

    name = "hubs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from hubs import checks  # noqa: F401  (registers itself)
        from hubs.pages import register

        register(label="Members", url_name="member_list", capability="manage_members", order=80)
        register(label="Hub settings", url_name="hub_settings", capability="manage_hub", order=90)
