"""Numbers for schools that the register does not know yet, in place of their URN."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("schools", "0006_search_entry"),
    ]

    operations = [
        # Of integers, as URNs are. A number is never given twice, though its school may be withdrawn.
        migrations.RunSQL(
            "CREATE SEQUENCE schools_stand_in AS integer START 900000000 MINVALUE 900000000",
            "DROP SEQUENCE schools_stand_in",
        ),
    ]
