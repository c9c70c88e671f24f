"""The stages of the years in the catalogue."""

from __future__ import annotations

from django.db import migrations

from programmes import catalogue


def load_stages(apps, schema_editor):
    catalogue.load(
        apps.get_model("programmes", "Stage"),
        apps.get_model("programmes", "StageYear"),
        apps.get_model("programmes", "StagePromise"),
        using=schema_editor.connection.alias,
    )


class Migration(migrations.Migration):
    dependencies = [("programmes", "0001_initial")]

    operations = [migrations.RunPython(load_stages, migrations.RunPython.noop)]
