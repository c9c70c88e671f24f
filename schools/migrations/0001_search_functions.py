"""What schools are found by: two functions that the table's generated column needs."""

from __future__ import annotations

from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations

# The same as schools.wording.fold. Every function it calls is immutable, as a generated column demands.
FOLD = r"""
CREATE FUNCTION schools_fold(words text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT btrim(regexp_replace(lower(replace(
        regexp_replace(normalize(regexp_replace(words, '[''’‘`´ʼ]', '', 'g'), NFKD), '[\u0300-\u036f]+', '', 'g'),
        '&', ' and ')), '[^a-z0-9]+', ' ', 'g'))
$$
"""

# Names are qualified because a restored dump computes the column with an empty search path.
# Every word has a space before it, so that "begins a word" is one LIKE '% word%' on the trigram index.
# Saints are folded in place, that "st marys" and "saint marys" begin the name alike; other spellings
# of a church school are added at the end, that "c of e" and "church" both find "CofE".
SEARCH_TEXT = r"""
CREATE FUNCTION schools_search_text(name text, locality text, town text, postcode text, urn integer) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    folded text := ' ' || regexp_replace(
        public.schools_fold(name || ' ' || locality || ' ' || town || ' ' || postcode), '\ysaint\y', 'st', 'g');
BEGIN
    RETURN folded || ' ' || lower(replace(postcode, ' ', '')) || ' ' || urn
        || CASE WHEN folded ~ '\yst\y' THEN ' saint' ELSE '' END
        || CASE WHEN folded ~ '\y(church of england|cofe|c of e|ce|c e)\y' THEN ' church of england cofe ce' ELSE '' END
        || CASE WHEN folded ~ '\y(roman catholic|rc|r c)\y' THEN ' roman catholic rc' ELSE '' END;
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
