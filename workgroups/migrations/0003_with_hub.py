"""What money and days refer to: a place and a Specialist together with their hub."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workgroups", "0002_what_belongs_together")]

    operations = [
        migrations.AddConstraint(
            model_name="masteryspecialist",
            constraint=models.UniqueConstraint(fields=("id", "hub"), name="specialist_with_hub"),
        ),
        migrations.AddConstraint(
            model_name="place",
            constraint=models.UniqueConstraint(fields=("id", "hub"), name="place_with_hub"),
        ),
    ]
