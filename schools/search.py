"""Finding a school by what people type: name, place, postcode or URN."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.search import TrigramSimilarity
from django.db import connection
from django.db.models import BooleanField, CharField, Exists, ExpressionWrapper, F, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Concat

from hubs.models import Hub, HubArea
from schools.models import RegisterWord, School, SchoolQuerySet
from schools.wording import LONGEST, fold, search_words

# Fewer letters and digits match half the country.
SHORTEST = 3
_BEST_FIRST: tuple[str, ...] = ("-in_area", "-begins", "-together", "name", "town", "urn")


@dataclass(frozen=True)
class Choice:
    """A school as it is offered: a label that tells it from its namesakes, a hint to recognise it by."""

    urn: int
    label: str
    hint: str


def find(text: str, *, near: Hub | None, limit: int = 10) -> list[School]:
    """Usable schools for what somebody typed, best first, their authorities loaded. Any text is fine.

    Every word must begin a word of the school's name, place, postcode or URN. When no school has
    them all, the most similar words of the register are taken instead. Schools of `near`'s area come
    first, then those whose name begins with the text, then those that have its words side by side.
    Fewer than three letters and digits find nothing.
    """
    words = search_words(text)
    if is_too_short(text):
        return []
    as_typed = School.objects.usable().search(text)
    corrected = School.objects.usable().filter(~Exists(as_typed), *map(_has_most_similar, words))
    found = _ranked(as_typed, words, near).union(_ranked(corrected, words, near), all=True)
    return list(found.order_by(*_BEST_FIRST)[:limit])


def is_too_short(text: str) -> bool:
    """Whether a text has fewer than three letters and digits, and so finds nothing."""
    # Counted as typed: "saint" is looked for as "st".
    return len("".join(fold(text[:LONGEST]).split())) < SHORTEST


def choices_for(text: str, hub: Hub | None, *, limit: int = 10) -> list[Choice]:
    """What `find` finds, as it is offered in a list or as radio buttons."""
    return [Choice(school.urn, school.label, hint_of(school)) for school in find(text, near=hub, limit=limit)]


def hint_of(school: School) -> str:
    """Phase and authority: "Primary · Northvale"; the kind of school where the register gives no phase."""
    phase = school.type_name if school.phase in ("", "Not applicable") else school.phase
    return " · ".join(part for part in (phase, school.authority.name) if part)


def learn_words() -> None:
    """Take the words of the register as it is now; called after an import, in its transaction."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM schools_registerword")
        cursor.execute(
            """
            INSERT INTO schools_registerword (word, schools)
            SELECT word, count(*) FROM schools_school, regexp_split_to_table(btrim(search_text), ' ') AS word
            WHERE status = ANY (%s) AND length(word) BETWEEN 4 AND 100 AND word !~ '[0-9]' GROUP BY word
            """,
            [list(School.USABLE)],
        )


def _ranked(schools: SchoolQuerySet, words: list[str], near: Hub | None) -> QuerySet[School]:
    area = HubArea.objects.filter(hub=near).values("authority") if near else []
    typed = " ".join(words)
    return (
        schools.select_related("authority")
        .annotate(
            in_area=_truth(Q(authority__in=area)),
            begins=_truth(Q(search_text__startswith=f" {typed}")),
            together=_truth(Q(search_text__contains=f" {typed}")),
        )
        # Sorted once, together, and not each half by itself.
        .order_by()
    )


def _truth(condition: Q) -> ExpressionWrapper[Q]:
    return ExpressionWrapper(condition, output_field=BooleanField())


def _has_most_similar(word: str) -> Q:
    """The word itself when it begins any of the register's, else the most similar, the commonest of equals."""
    # Digits belong to a postcode or a URN: what is near them is another school.
    if len(word) < 4 or not word.isalpha():
        return Q(search_text__contains=f" {word}")
    itself = RegisterWord.objects.filter(word__startswith=word).values_list(Value(word))[:1]
    similar: Any = (
        RegisterWord.objects.filter(word__trigram_similar=word)
        .order_by(TrigramSimilarity("word", word).desc(), F("schools").desc(), "word")
        .values("word")[:1]
    )
    # A dash stands in no folded text: where nothing is similar, nothing is found.
    best = Coalesce(Subquery(itself), Subquery(similar), Value("-"))
    return Q(search_text__contains=Concat(Value(" "), best, output_field=CharField()))
