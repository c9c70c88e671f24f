from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workgroups", "0005_own_school_while_in_group")]

    operations = [
        migrations.AddField(
            model_name="meetingchange",
            name="online_link_before",
            field=models.URLField(blank=True, default="", max_length=500),
            preserve_default=False,
        ),
    ]
