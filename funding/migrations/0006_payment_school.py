"""A payment keeps what its school was called when the list was made."""

from __future__ import annotations

from django.db import migrations, models

# Of payments that were made before, the name of today: under the URN of that day or, where that is gone, of the place.
FILL = """
    UPDATE funding_payment payment SET school = coalesce(
        (SELECT school.name FROM schools_school school WHERE school.urn = payment.urn),
        (
            SELECT school.name FROM schools_school school
            JOIN workgroups_place place ON place.school_id = school.urn
            JOIN funding_grant granted ON granted.place_id = place.id
            WHERE granted.id = payment.grant_id
        )
    )
"""


class Migration(migrations.Migration):
    dependencies = [("funding", "0005_paid_with_reference"), ("schools", "0012_room_for_the_register")]

    operations = [
        migrations.AddField("payment", "school", models.CharField(max_length=200, default=""), preserve_default=False),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(condition=~models.Q(school=""), name="payment_names_its_school"),
        ),
    ]
