"""The latest ruling is the one with the highest number, and a school that was withdrawn leaves its rulings behind."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("hubs", "0001_initial"),
        ("schools", "0010_words_alike_at_once"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="successionruling",
            options={"ordering": ["-pk"]},
        ),
        migrations.RemoveIndex(
            model_name="successionruling",
            name="latest_ruling",
        ),
        migrations.AlterField(
            model_name="successionruling",
            name="predecessor",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="schools.school",
            ),
        ),
        migrations.AlterField(
            model_name="successionruling",
            name="successor",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="schools.school",
            ),
        ),
        migrations.AddIndex(
            model_name="successionruling",
            index=models.Index(fields=["predecessor", "successor", "-id"], name="latest_ruling"),
        ),
    ]
