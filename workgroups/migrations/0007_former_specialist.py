"""Who led a group until another Specialist took over. What was before this is in no row: then it is who leads it now."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

import hubs.tenancy.fence

OF_ONE_HUB = """
    ALTER TABLE workgroups_formerspecialist ADD CONSTRAINT former_specialist_of_hub
    FOREIGN KEY (specialist_id, hub_id) REFERENCES workgroups_masteryspecialist (id, hub_id)
"""
DROP = "ALTER TABLE workgroups_formerspecialist DROP CONSTRAINT former_specialist_of_hub"


class Migration(migrations.Migration):
    dependencies = [("hubs", "0002_finance_officer"), ("workgroups", "0006_visit_never_arranged")]

    operations = [
        migrations.CreateModel(
            name="FormerSpecialist",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("until", models.DateTimeField()),
                (
                    "group",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="former_specialists",
                        to="workgroups.workgroup",
                    ),
                ),
                (
                    "hub",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="hubs.hub"),
                ),
                (
                    "specialist",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="workgroups.masteryspecialist",
                    ),
                ),
            ],
            options={
                "ordering": ["until", "pk"],
                "abstract": False,
                "indexes": [models.Index(fields=["group", "until"], name="former_specialist_until")],
                "constraints": [hubs.tenancy.fence.HubFence(name="workgroups_formerspecialist_hub_fence")],
            },
        ),
        migrations.RunSQL(OF_ONE_HUB, DROP),
    ]
