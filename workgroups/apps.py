from __future__ import annotations

from django.apps import AppConfig


class WorkgroupsConfig(AppConfig):
    """Mastery Specialists, Work Groups, places, meetings and visits."""

    name = "workgroups"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from programmes.happenings import offer_accepted, school_chosen
        from workgroups.placing import follow_school, make_place

        offer_accepted.listen(make_place)
        school_chosen.listen(follow_school)
