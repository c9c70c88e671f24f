"""The register's table of schools."""

import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models

import schools.models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("hubs", "0001_initial"),
        ("schools", "0001_search_functions"),
    ]

    operations = [
        migrations.CreateModel(
            name="School",
            fields=[
                ("urn", models.PositiveIntegerField(primary_key=True, serialize=False, verbose_name="URN")),
                ("name", models.CharField(max_length=200)),
                ("establishment_number", models.CharField(blank=True, max_length=4)),
                (
                    "status",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (1, "Open"),
                            (2, "Closed"),
                            (3, "Open, but proposed to close"),
                            (4, "Proposed to open"),
                        ]
                    ),
                ),
                ("type_code", models.PositiveSmallIntegerField()),
                ("type_name", models.CharField(blank=True, max_length=100)),
                ("type_group_code", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("type_group_name", models.CharField(blank=True, max_length=100)),
                ("phase", models.CharField(blank=True, max_length=50)),
                ("low_age", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("high_age", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("street", models.CharField(blank=True, max_length=120)),
                ("locality", models.CharField(blank=True, max_length=120)),
                ("address3", models.CharField(blank=True, max_length=120, verbose_name="third address line")),
                ("town", models.CharField(blank=True, max_length=80)),
                ("county", models.CharField(blank=True, max_length=80)),
                ("postcode", models.CharField(blank=True, max_length=10)),
                ("website", models.CharField(blank=True, max_length=200)),
                ("telephone", models.CharField(blank=True, max_length=30)),
                ("trust_code", models.CharField(blank=True, max_length=10)),
                ("trust_name", models.CharField(blank=True, max_length=150)),
                ("pupils", models.PositiveIntegerField(blank=True, null=True)),
                (
                    "percent_fsm",
                    models.DecimalField(
                        blank=True,
                        decimal_places=1,
                        max_digits=4,
                        null=True,
                        verbose_name="percentage of pupils with free school meals",
                    ),
                ),
                ("easting", models.PositiveIntegerField(blank=True, null=True)),
                ("northing", models.PositiveIntegerField(blank=True, null=True)),
                ("opened_on", models.DateField(blank=True, null=True)),
                ("closed_on", models.DateField(blank=True, null=True)),
                (
                    "search_text",
                    models.GeneratedField(
                        db_persist=True,
                        expression=schools.models.SearchText(
                            models.F("name"),
                            models.F("locality"),
                            models.F("town"),
                            models.F("postcode"),
                            models.F("urn"),
                        ),
                        output_field=models.TextField(),
                    ),
                ),
                (
                    "authority",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="schools", to="hubs.localauthority"
                    ),
                ),
            ],
            options={
                "ordering": ["name", "town", "urn"],
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(
                        django.contrib.postgres.indexes.OpClass("search_text", name="gin_trgm_ops"),
                        name="school_search",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("urn__gt", 0)), name="school_urn_positive"),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", [1, 2, 3, 4])), name="school_status_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("high_age__gte", models.F("low_age"))), name="school_ages_in_order"
                    ),
                    models.CheckConstraint(condition=models.Q(("high_age__lte", 120)), name="school_ages_sane"),
                    models.CheckConstraint(
                        condition=models.Q(("percent_fsm__gte", 0), ("percent_fsm__lte", 100)),
                        name="school_percent_fsm_is_a_percentage",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("easting", None), ("northing", None)),
                            models.Q(
                                ("easting__gt", 0),
                                ("easting__isnull", False),
                                ("northing__gt", 0),
                                ("northing__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="school_has_both_coordinates_or_none",
                    ),
                ],
            },
        ),
    ]
