"""What days refer to: an attendance, a meeting and a visit with their hub; and agreed actions are of the visited school."""

from __future__ import annotations

from django.db import migrations, models

OF_VISITED_SCHOOL = """
    ALTER TABLE workgroups_agreedaction ADD CONSTRAINT agreed_with_the_visited_school
    FOREIGN KEY (visit_id, place_id) REFERENCES workgroups_visit (id, place_id)
"""
DROP = "ALTER TABLE workgroups_agreedaction DROP CONSTRAINT agreed_with_the_visited_school"


class Migration(migrations.Migration):
    dependencies = [("workgroups", "0008_link_before_change")]

    operations = [
        migrations.AddConstraint(
            model_name="attendance",
            constraint=models.UniqueConstraint(fields=("id", "hub"), name="attendance_with_hub"),
        ),
        migrations.AddConstraint(
            model_name="meeting",
            constraint=models.UniqueConstraint(fields=("id", "hub"), name="meeting_with_hub"),
        ),
        migrations.AddConstraint(
            model_name="visit",
            constraint=models.UniqueConstraint(fields=("id", "hub"), name="visit_with_hub"),
        ),
        migrations.AddConstraint(
            model_name="visit",
            constraint=models.UniqueConstraint(fields=("id", "place"), name="visit_with_place"),
        ),
        migrations.RunSQL(OF_VISITED_SCHOOL, DROP),
    ]
