"""A visit that nobody has arranged can be missed, too."""

from __future__ import annotations

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("workgroups", "0005_own_school_while_in_group")]

    operations = [
        migrations.AddField(
            model_name="visit",
            name="was_arranged",
            field=models.BooleanField(default=True),
        ),
        migrations.AddConstraint(
            model_name="visit",
            constraint=models.CheckConstraint(
                condition=Q(("was_arranged", True), ("state", "missed"), _connector="OR"),
                name="visit_never_arranged_is_missed",
            ),
        ),
    ]
