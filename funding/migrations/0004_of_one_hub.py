"""Composite foreign keys: money and days refer to what is of their own hub."""

from __future__ import annotations

from django.db import migrations, models


def of_one_hub(name: str, table: str, column: str, target: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY ({column}, hub_id) REFERENCES {target} (id, hub_id)",
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )


class Migration(migrations.Migration):
    dependencies = [("funding", "0003_one_source_each"), ("workgroups", "0003_with_hub")]

    operations = [
        migrations.AddConstraint(
            model_name="grant",
            constraint=models.UniqueConstraint(fields=("id", "hub"), name="grant_with_hub"),
        ),
        migrations.AddConstraint(
            model_name="paymentlist",
            constraint=models.UniqueConstraint(fields=("id", "hub"), name="payment_list_with_hub"),
        ),
        of_one_hub("grant_and_place_of_one_hub", "funding_grant", "place_id", "workgroups_place"),
        of_one_hub("grant_event_and_grant_of_one_hub", "funding_grantevent", "grant_id", "funding_grant"),
        of_one_hub("payment_and_grant_of_one_hub", "funding_payment", "grant_id", "funding_grant"),
        of_one_hub("payment_and_list_of_one_hub", "funding_payment", "payment_list_id", "funding_paymentlist"),
        of_one_hub("release_and_place_of_one_hub", "funding_releaseentry", "place_id", "workgroups_place"),
        of_one_hub(
            "release_and_specialist_of_one_hub",
            "funding_releaseentry",
            "specialist_id",
            "workgroups_masteryspecialist",
        ),
    ]
