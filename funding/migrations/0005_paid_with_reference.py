"""A list that is paid has the finance office's reference, and no other has."""

from __future__ import annotations

from django.db import migrations, models

NAME = "payment_list_paid_by_somebody"


class Migration(migrations.Migration):
    dependencies = [("funding", "0004_of_one_hub")]

    operations = [
        migrations.RemoveConstraint(model_name="paymentlist", name=NAME),
        migrations.AddConstraint(
            model_name="paymentlist",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("paid_by__isnull", False),
                        ("paid_on__isnull", False),
                        ("state", "paid"),
                        models.Q(("payment_reference", ""), _negated=True),
                    ),
                    models.Q(
                        models.Q(("state", "paid"), _negated=True),
                        ("paid_by", None),
                        ("paid_on", None),
                        ("payment_reference", ""),
                    ),
                    _connector="OR",
                ),
                name=NAME,
            ),
        ),
    ]
