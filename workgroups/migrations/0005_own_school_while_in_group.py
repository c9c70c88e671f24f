"""A Specialist's own school is in none of her groups; one that has completed there, or has not, may become hers."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workgroups", "0004_meeting_of_specialist")]

    operations = [
        migrations.RemoveConstraint(model_name="place", name="no_specialist_leads_her_own_school"),
        migrations.AddConstraint(
            model_name="place",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "in_group"), _negated=True),
                    models.Q(("specialist_school", models.F("school")), _negated=True),
                    _connector="OR",
                ),
                name="no_specialist_leads_her_own_school",
            ),
        ),
    ]
