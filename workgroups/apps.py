from __future__ import annotations

from django.apps import AppConfig


class WorkgroupsConfig(AppConfig):
    """Mastery Specialists, Work Groups, places, meetings and visits."""

    name = "workgroups"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from correspondence import reminders
        from hubs.pages import register
        from programmes import onward
        from programmes.happenings import offer_accepted, school_chosen
        from schools import withdrawing
        from workgroups import school_links
        from workgroups.place_queries import way_to_place
        from workgroups.placing import follow_school, make_place
        from workgroups.reminders import RULES
        from workgroups.withdrawing import holds, let_go

        register(label="Work Groups", url_name="group_list", capability="lead_groups", order=30)
        offer_accepted.listen(make_place)
        school_chosen.listen(follow_school)
        onward.register(way_to_place)
        withdrawing.register(holds=holds, let_go=let_go)
        reminders.register_preparation(school_links.make_missing)
        for rule in RULES:
            reminders.register(rule)
