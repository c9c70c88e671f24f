"""Composite foreign keys: what belongs together is of one hub and stage year, and copies follow what they copy."""

from __future__ import annotations

from django.db import migrations

# A place and its group are of one hub, stage and year.
PLACE_IN_GROUP = """
    ALTER TABLE workgroups_place ADD CONSTRAINT place_in_group_of_its_stage_year
    FOREIGN KEY (group_id, hub_id, stage_year_id) REFERENCES workgroups_workgroup (id, hub_id, stage_year_id)
"""
# A group's copy of its Specialist's school follows her when she changes schools, and its places' copies follow the
# group's: a check constraint then keeps her own school out, whichever of the three is changed.
GROUP_FOLLOWS_SPECIALIST = """
    ALTER TABLE workgroups_workgroup ADD CONSTRAINT group_of_specialist_of_school
    FOREIGN KEY (specialist_id, specialist_school_id, hub_id) REFERENCES workgroups_masteryspecialist (id, school_id, hub_id)
    ON UPDATE CASCADE
"""
PLACE_FOLLOWS_GROUP = """
    ALTER TABLE workgroups_place ADD CONSTRAINT place_in_group_of_specialist_of_school
    FOREIGN KEY (group_id, specialist_school_id) REFERENCES workgroups_workgroup (id, specialist_school_id)
    ON UPDATE CASCADE
"""


def drop(table: str, constraint: str) -> str:
    return f"ALTER TABLE {table} DROP CONSTRAINT {constraint}"


class Migration(migrations.Migration):
    dependencies = [("workgroups", "0001_initial")]

    operations = [
        migrations.RunSQL(PLACE_IN_GROUP, drop("workgroups_place", "place_in_group_of_its_stage_year")),
        migrations.RunSQL(GROUP_FOLLOWS_SPECIALIST, drop("workgroups_workgroup", "group_of_specialist_of_school")),
        migrations.RunSQL(PLACE_FOLLOWS_GROUP, drop("workgroups_place", "place_in_group_of_specialist_of_school")),
    ]
