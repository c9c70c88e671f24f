"""A change of a meeting knows the link that people had before it."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workgroups", "0007_former_specialist")]

    operations = [
        migrations.AddField(
            model_name="meetingchange",
            name="online_link_before",
            field=models.URLField(blank=True, default="", max_length=500),
            preserve_default=False,
        ),
    ]
