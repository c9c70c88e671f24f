"""A school may have stayed to the end and not have completed: that is neither taking part nor leaving."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("hubs", "0002_finance_officer"),
        ("programmes", "0008_working_years"),
        ("schools", "0012_room_for_the_register"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="participation",
            name="participation_outcome_known",
        ),
        migrations.AlterField(
            model_name="participation",
            name="outcome",
            field=models.CharField(
                choices=[
                    ("taking_part", "Taking part"),
                    ("completed", "Completed"),
                    ("left", "Left before the end"),
                    ("not_completed", "Not completed"),
                ],
                max_length=13,
            ),
        ),
        migrations.AddConstraint(
            model_name="participation",
            constraint=models.CheckConstraint(
                condition=models.Q(("outcome__in", ["taking_part", "completed", "left", "not_completed"])),
                name="participation_outcome_known",
            ),
        ),
    ]
