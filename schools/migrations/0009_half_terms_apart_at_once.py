"""Half-terms that overlap are refused at once, not when all is saved; and days far from their year are refused."""

import django.contrib.postgres.constraints
import django.db.models.deletion
import django.db.models.expressions
import hubs.ranges
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("hubs", "0001_initial"),
        ("schools", "0008_school_indexes"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="halfterm",
            name="authority_half_terms_apart",
        ),
        migrations.RemoveConstraint(
            model_name="halfterm",
            name="school_half_terms_apart",
        ),
        migrations.AlterField(
            model_name="halfterm",
            name="authority",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="half_terms",
                to="hubs.localauthority",
            ),
        ),
        migrations.AlterField(
            model_name="halfterm",
            name="school",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="half_terms",
                to="schools.school",
            ),
        ),
        migrations.AddConstraint(
            model_name="halfterm",
            constraint=models.CheckConstraint(
                condition=models.Q(("year__gte", 2014), ("year__lte", 2100)), name="half_term_year_sane"
            ),
        ),
        migrations.AddConstraint(
            model_name="halfterm",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "starts_on__gte",
                        models.Func(
                            models.F("year"),
                            models.Value(8),
                            models.Value(1),
                            function="make_date",
                            output_field=models.DateField(),
                        ),
                    ),
                    (
                        "ends_on__lte",
                        models.Func(
                            django.db.models.expressions.CombinedExpression(models.F("year"), "+", models.Value(1)),
                            models.Value(8),
                            models.Value(31),
                            function="make_date",
                            output_field=models.DateField(),
                        ),
                    ),
                ),
                name="half_term_within_its_year",
            ),
        ),
        migrations.AddConstraint(
            model_name="halfterm",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                condition=models.Q(("authority__isnull", False)),
                expressions=[("authority", "="), (hubs.ranges.DatesFromTo("starts_on", "ends_on"), "&&")],
                name="authority_half_terms_apart",
            ),
        ),
        migrations.AddConstraint(
            model_name="halfterm",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                condition=models.Q(("school__isnull", False)),
                expressions=[("school", "="), (hubs.ranges.DatesFromTo("starts_on", "ends_on"), "&&")],
                name="school_half_terms_apart",
            ),
        ),
    ]
