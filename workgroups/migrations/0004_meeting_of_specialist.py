"""Who leads a meeting, or led it: until now it was always the group's Specialist of the day on which one asked."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

# What has been held under another one is in no row: from now on it is.
OF_ITS_GROUP = """
    SET CONSTRAINTS ALL IMMEDIATE;
    UPDATE workgroups_meeting SET specialist_id = workgroups_workgroup.specialist_id
    FROM workgroups_workgroup WHERE workgroups_workgroup.id = workgroups_meeting.group_id
"""
OF_ONE_HUB = """
    ALTER TABLE workgroups_meeting ADD CONSTRAINT meeting_of_specialist_of_hub
    FOREIGN KEY (specialist_id, hub_id) REFERENCES workgroups_masteryspecialist (id, hub_id)
"""
DROP = "ALTER TABLE workgroups_meeting DROP CONSTRAINT meeting_of_specialist_of_hub"


class Migration(migrations.Migration):
    dependencies = [("workgroups", "0003_with_hub")]

    operations = [
        migrations.AddField(
            model_name="meeting",
            name="specialist",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="meetings",
                to="workgroups.masteryspecialist",
            ),
        ),
        migrations.RunSQL(OF_ITS_GROUP, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="meeting",
            name="specialist",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="meetings",
                to="workgroups.masteryspecialist",
            ),
        ),
        migrations.RunSQL(OF_ONE_HUB, DROP),
    ]
