"""Days refer to an attendance, a meeting or a visit of their own hub, and a school's to a visit to itself."""

from __future__ import annotations

from django.db import migrations


def key(name: str, columns: str, target: str) -> migrations.RunSQL:
    of = columns.partition(", ")[2]
    return migrations.RunSQL(
        f"ALTER TABLE funding_releaseentry ADD CONSTRAINT {name} FOREIGN KEY ({columns}) REFERENCES {target} (id, {of})",
        f"ALTER TABLE funding_releaseentry DROP CONSTRAINT {name}",
    )


class Migration(migrations.Migration):
    dependencies = [("funding", "0006_payment_school"), ("workgroups", "0009_visits_and_meetings_with_hub")]

    operations = [
        key("release_and_attendance_of_one_hub", "attendance_id, hub_id", "workgroups_attendance"),
        key("release_and_meeting_of_one_hub", "meeting_id, hub_id", "workgroups_meeting"),
        key("release_and_visit_of_one_hub", "visit_id, hub_id", "workgroups_visit"),
        key("release_of_the_visited_school", "visit_id, place_id", "workgroups_visit"),
    ]
