"""Fewer indexes on the table of schools, for an import fills them all; a list needs no more than these."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("hubs", "0001_initial"),
        ("schools", "0007_stand_in"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="school",
            name="school_list",
        ),
        migrations.AlterField(
            model_name="school",
            name="added_by",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="hubs.hub",
            ),
        ),
        migrations.AlterField(
            model_name="school",
            name="authority",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="schools",
                to="hubs.localauthority",
            ),
        ),
        migrations.AddIndex(
            model_name="school",
            index=models.Index(fields=["authority"], name="school_list"),
        ),
        migrations.AddIndex(
            model_name="school",
            index=models.Index(
                condition=models.Q(("added_by__isnull", False)), fields=["added_by"], name="school_added_by_a_hub"
            ),
        ),
    ]
