"""What the working year of a group is made of, for the stages of the catalogue."""

from __future__ import annotations

from django.db import migrations

from programmes import catalogue


def load_working_years(apps, schema_editor):
    catalogue.load_working_years(apps.get_model("programmes", "StageYear"), using=schema_editor.connection.alias)


class Migration(migrations.Migration):
    dependencies = [("programmes", "0007_offers_answered")]

    operations = [migrations.RunPython(load_working_years, migrations.RunPython.noop)]
