"""What schools are found by: two functions that the table's generated column needs."""

from __future__ import annotations

from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations

# The same as schools.wording.fold. Every function it calls is immutable, as a generated column demands.
FOLD = r"""
CREATE FUNCTION schools_fold(words text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT btrim(regexp_replace(lower(replace(
        regexp_replace(normalize(translate(words, '''’‘`´ʼ', ''), NFKD), '[\u0300-\u036f]+', '', 'g'),
        '&', ' and ')), '[^a-z0-9]+', ' ', 'g'))
$$
"""

# Every word has a space before it, so that "begins a word" is one LIKE '% word%' on the trigram index.
# Saints are folded in place, that "st marys" and "saint marys" begin the name alike; other spellings
# of a church school are added at the end, that "c of e" and "church" both find "CofE".
# LIKE and not regular expressions: they would double the time, and every changed row pays it.
# Names are qualified because a restored dump computes the column with an empty search path.
SEARCH_TEXT = r"""
CREATE FUNCTION schools_search_text(name text, locality text, town text, postcode text, urn integer) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    folded text := replace(
        ' ' || public.schools_fold(name || ' ' || locality || ' ' || town || ' ' || postcode) || ' ', ' saint ', ' st ');
BEGIN
    RETURN folded || lower(replace(postcode, ' ', '')) || ' ' || urn
        || CASE WHEN folded LIKE '% st %' THEN ' saint' ELSE '' END
        || CASE WHEN folded LIKE ANY (ARRAY['% church of england %', '% cofe %', '% c of e %', '% ce %', '% c e %'])
           THEN ' church of england cofe ce' ELSE '' END
        || CASE WHEN folded LIKE ANY (ARRAY['% roman catholic %', '% rc %', '% r c %'])
           THEN ' roman catholic rc' ELSE '' END;
END
$$
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        TrigramExtension(),
        migrations.RunSQL(FOLD, "DROP FUNCTION schools_fold(text)"),
        migrations.RunSQL(SEARCH_TEXT, "DROP FUNCTION schools_search_text(text, text, text, text, integer)"),
    ]
