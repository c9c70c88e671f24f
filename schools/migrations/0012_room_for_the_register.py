"""What makes taking in the register quick: no look-up of each school's authority, and room to change schools in place."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("hubs", "0001_initial"),
        ("schools", "0011_rulings_by_number"),
    ]

    operations = [
        migrations.AlterField(
            model_name="school",
            name="authority",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="schools",
                to="hubs.localauthority",
            ),
        ),
        # A changed school then stays on its page, and no index hears of it: half the time of a year's changes.
        migrations.RunSQL(
            "ALTER TABLE schools_school SET (fillfactor = 60)", "ALTER TABLE schools_school RESET (fillfactor)"
        ),
    ]
