"""Offers can be withdrawn, and the links of an expression ended that were made before a moment."""

from __future__ import annotations


from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("hubs", "0002_finance_officer"),
        ("programmes", "0009_outcome_not_completed"),
        ("schools", "0012_room_for_the_register"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="decision",
            name="decision_outcome_known",
        ),
        migrations.RemoveConstraint(
            model_name="decision",
            name="only_offers_are_answered",
        ),
        migrations.RemoveConstraint(
            model_name="expressionofinterest",
            name="expression_state_known",
        ),
        migrations.AddField(
            model_name="expressionofinterest",
            name="links_from",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name="decision",
            name="outcome",
            field=models.CharField(
                choices=[("offered", "Offered"), ("declined", "Declined"), ("withdrawn", "Offer withdrawn")],
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="expressionofinterest",
            name="state",
            field=models.CharField(
                choices=[
                    ("draft", "Draft"),
                    ("submitted", "To decide"),
                    ("offered", "Offered"),
                    ("accepted", "Accepted"),
                    ("turned_down", "Turned down"),
                    ("declined", "Declined"),
                    ("withdrawn", "Withdrawn"),
                ],
                default="draft",
                max_length=12,
            ),
        ),
        migrations.AddConstraint(
            model_name="decision",
            constraint=models.CheckConstraint(
                condition=models.Q(("outcome__in", ["offered", "declined", "withdrawn"])), name="decision_outcome_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="decision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("outcome", "withdrawn"), _negated=True),
                    models.Q(("words", ""), _negated=True),
                    _connector="OR",
                ),
                name="withdrawn_with_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="decision",
            constraint=models.CheckConstraint(
                condition=models.Q(("outcome", "offered"), ("answer_by", None), _connector="OR"),
                name="only_offers_are_answered",
            ),
        ),
        migrations.AddConstraint(
            model_name="expressionofinterest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["draft", "submitted", "offered", "accepted", "turned_down", "declined", "withdrawn"])
                ),
                name="expression_state_known",
            ),
        ),
    ]
