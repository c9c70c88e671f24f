"""What schools are found by moves out of the register's wide table into a narrow one of its own."""

from __future__ import annotations

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.db import migrations, models

import schools.models.search

# The name first, that the text stands in the order of the list, then what tells namesakes apart. Saints are
# folded in place, that "st marys" and "saint marys" begin a name alike; other spellings of a church school stand
# at the end, that "c of e" and "church" both find "CofE". The postcode stands there once more, in one word.
# Nearly every text is plain ASCII, which needs half of what schools_fold does. Names are qualified because a
# restored dump runs with an empty search path.
FOUND_BY = r"""
CREATE FUNCTION schools_found_by(name text, town text, locality text, postcode text, urn integer) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    given text := name || ' ' || town || ' ' || locality || ' ' || postcode;
    folded text;
BEGIN
    IF octet_length(given) = char_length(given) THEN
        given := replace(replace(replace(given, '''', ''), '`', ''), '&', ' and ');
        folded := btrim(regexp_replace(lower(given COLLATE "C"), '[^a-z0-9]+', ' ', 'g'));
    ELSE
        folded := public.schools_fold(given);
    END IF;
    folded := replace(' ' || folded || ' ', ' saint ', ' st ');
    RETURN rtrim(folded)
        || coalesce(' ' || nullif(regexp_replace(lower(postcode COLLATE "C"), '[^a-z0-9]+', '', 'g'), ''), '')
        -- From here on it is a stand-in that nobody is shown.
        || CASE WHEN urn < 900000000 THEN ' ' || urn ELSE '' END
        || CASE WHEN folded LIKE '% st %' THEN ' saint' ELSE '' END
        || CASE WHEN folded LIKE ANY (ARRAY['% church of england %', '% cofe %', '% c of e %', '% ce %', '% c e %'])
           THEN ' church of england cofe ce' ELSE '' END
        || CASE WHEN folded LIKE ANY (ARRAY['% roman catholic %', '% rc %', '% r c %'])
           THEN ' roman catholic rc' ELSE '' END;
END
$$
"""

# As schools.search.refresh does, for the schools that are there.
FILL = """
INSERT INTO schools_searchentry (school_id, under_id, authority_id, added_by_id, made_from, text)
SELECT school.urn, named.urn, school.authority_id, school.added_by_id, 0,
    schools_found_by(named.name, named.town, named.locality, named.postcode, named.urn)
FROM (
    SELECT urn, urn FROM schools_school UNION ALL SELECT current_id, former_id FROM schools_currentschool
) AS entry (school_id, under_id)
JOIN schools_school AS school ON school.urn = entry.school_id
JOIN schools_school AS named ON named.urn = entry.under_id
WHERE school.status IN (1, 3, 4)
"""


class Migration(migrations.Migration):
    dependencies = [
        ("hubs", "0001_initial"),
        ("schools", "0005_register_alarm"),
    ]

    operations = [
        migrations.RunSQL(FOUND_BY, "DROP FUNCTION schools_found_by(text, text, text, text, integer)"),
        migrations.CreateModel(
            name="SearchEntry",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "school", "under", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("made_from", models.BigIntegerField()),
                ("text", models.TextField(db_collation="C")),
                (
                    "former",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.ExpressionWrapper(
                            models.Q(("under", models.F("school")), _negated=True), output_field=models.BooleanField()
                        ),
                        output_field=models.BooleanField(),
                    ),
                ),
                (
                    "words",
                    models.GeneratedField(
                        db_persist=True,
                        expression=schools.models.search.WordsOf(models.F("text")),
                        output_field=django.contrib.postgres.search.SearchVectorField(),
                    ),
                ),
                (
                    "school",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="search_entries",
                        to="schools.school",
                    ),
                ),
                (
                    "under",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="schools.school",
                    ),
                ),
                (
                    "authority",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="hubs.localauthority",
                    ),
                ),
                (
                    "added_by",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="hubs.hub",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["former", "text"], name="search_by_name"),
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["words"], gin_pending_list_limit=65_536, name="search_by_word"
                    ),
                    models.Index(fields=["authority"], name="search_in_area"),
                ],
            },
        ),
        migrations.RemoveIndex(model_name="school", name="school_search"),
        migrations.RemoveField(model_name="school", name="search_text"),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
