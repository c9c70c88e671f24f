"""A row of the ledger comes from one thing alone; a correction takes back a row of its own account, and all of it."""

from __future__ import annotations

from django.db import migrations, models
from django.db.models.expressions import CombinedExpression


# Rows are of a school or of a Specialist, so that one of the two holds: the other has a part that is null.
CORRECTS_SCHOOLS_OWN = """
    ALTER TABLE funding_releaseentry ADD CONSTRAINT release_corrects_the_schools_own
    FOREIGN KEY (corrects_id, place_id, counted_back) REFERENCES funding_releaseentry (id, place_id, half_days)
"""
CORRECTS_SPECIALISTS_OWN = """
    ALTER TABLE funding_releaseentry ADD CONSTRAINT release_corrects_the_specialists_own
    FOREIGN KEY (corrects_id, specialist_id, counted_back) REFERENCES funding_releaseentry (id, specialist_id, half_days)
"""


def drop(constraint: str) -> str:
    return f"ALTER TABLE funding_releaseentry DROP CONSTRAINT {constraint}"


class Migration(migrations.Migration):
    dependencies = [
        ("funding", "0002_initial"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="releaseentry",
            name="release_of_meeting_has_source",
        ),
        migrations.RemoveConstraint(
            model_name="releaseentry",
            name="release_of_visit_has_source",
        ),
        migrations.AddField(
            model_name="releaseentry",
            name="counted_back",
            field=models.GeneratedField(
                db_persist=True,
                expression=CombinedExpression(models.Value(0), "-", models.F("half_days")),
                output_field=models.SmallIntegerField(),
            ),
        ),
        migrations.AddConstraint(
            model_name="releaseentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "meeting"), _negated=True),
                    models.Q(
                        ("attendance__isnull", False),
                        ("corrects__isnull", True),
                        ("entry_key__isnull", True),
                        ("meeting__isnull", True),
                        ("visit__isnull", True),
                        ("place__isnull", False),
                    ),
                    models.Q(
                        ("attendance__isnull", True),
                        ("corrects__isnull", True),
                        ("entry_key__isnull", True),
                        ("meeting__isnull", False),
                        ("visit__isnull", True),
                        ("specialist__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="release_of_meeting_has_source",
            ),
        ),
        migrations.AddConstraint(
            model_name="releaseentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "visit"), _negated=True),
                    models.Q(
                        ("attendance__isnull", True),
                        ("corrects__isnull", True),
                        ("entry_key__isnull", True),
                        ("meeting__isnull", True),
                        ("visit__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="release_of_visit_has_source",
            ),
        ),
        migrations.AddConstraint(
            model_name="releaseentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "in_school"), _negated=True),
                    models.Q(
                        ("attendance__isnull", True),
                        ("corrects__isnull", True),
                        ("entry_key__isnull", False),
                        ("meeting__isnull", True),
                        ("visit__isnull", True),
                        models.Q(("words", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="release_in_school_is_logged_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="releaseentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "correction"), _negated=True),
                    models.Q(
                        ("attendance__isnull", False),
                        ("corrects__isnull", True),
                        ("entry_key__isnull", True),
                        ("meeting__isnull", True),
                        ("visit__isnull", True),
                        ("place__isnull", False),
                    ),
                    models.Q(
                        ("attendance__isnull", True),
                        ("corrects__isnull", True),
                        ("entry_key__isnull", True),
                        ("meeting__isnull", False),
                        ("visit__isnull", True),
                        ("specialist__isnull", False),
                    ),
                    models.Q(
                        ("attendance__isnull", True),
                        ("corrects__isnull", True),
                        ("entry_key__isnull", True),
                        ("meeting__isnull", True),
                        ("visit__isnull", False),
                    ),
                    models.Q(
                        ("attendance__isnull", True),
                        ("corrects__isnull", False),
                        ("entry_key__isnull", True),
                        ("meeting__isnull", True),
                        ("visit__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="release_correction_has_source",
            ),
        ),
        migrations.AddConstraint(
            model_name="releaseentry",
            constraint=models.UniqueConstraint(fields=("id", "place", "half_days"), name="release_of_school_with_size"),
        ),
        migrations.AddConstraint(
            model_name="releaseentry",
            constraint=models.UniqueConstraint(
                fields=("id", "specialist", "half_days"), name="release_of_specialist_with_size"
            ),
        ),
        migrations.RunSQL(CORRECTS_SCHOOLS_OWN, drop("release_corrects_the_schools_own")),
        migrations.RunSQL(CORRECTS_SPECIALISTS_OWN, drop("release_corrects_the_specialists_own")),
    ]
