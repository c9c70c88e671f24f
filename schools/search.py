"""Finding a school by what people type: name, place, postcode or URN, those it had before among them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import islice

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import BooleanField, ExpressionWrapper, Func, Q
from django.db.models.expressions import OrderBy

from hubs.models import Hub, HubArea
from schools.models import School, SearchEntry
from schools.spelling import likely
from schools.time_limit import at_most
from schools.wording import LONGEST, fold, search_words

# Fewer letters and digits match half the country.
SHORTEST = 3
# What a statement of a search may take: thirty times what nearly all of them do.
MOST_MILLISECONDS = 1000
# Said where a search takes longer.
TOO_MUCH = "That is too much to look for at once. Type fewer words, or the postcode or URN."
# Rows read for each school wanted: few have three names that match, and all of them mean the one school.
_NAMES_OF_ONE = 3
# Each begins a word of more than 2,000 names of the national register.
_COMMON = (
    "academy", "and", "catholic", "ce", "church", "cofe", "college", "community", "england", "infants", "junior",
    "london", "nursery", "of", "primary", "roman", "saint", "school", "st", "the",
)  # fmt: skip
# Present names before former ones.
_FORMER = (False, True)
# Changes whenever schools_found_by, the SQL function, does: then the next refresh rewrites every entry.
_MADE_BY = 1


class _AnyOf(Func):
    """Whether a field is any of an array. `IN` a subquery would be joined, after reading all that a word begins."""

    template, arg_joiner, arity = "%(expressions)s)", " = ANY (", 2
    output_field = BooleanField()


@dataclass(frozen=True)
class Choice:
    """A school as it is offered: a label that tells it from its namesakes, a hint to recognise it by."""

    urn: int
    label: str
    hint: str


@dataclass(frozen=True)
class Offer:
    """What is offered for a text and, where it was found by the nearest words instead, by which."""

    choices: list[Choice]
    meant: str = ""


def find(text: str, *, near: Hub | None, limit: int = 10) -> list[School]:
    """Usable schools for what somebody typed, best first, their authorities loaded. Any text is fine.

    Every word must begin a word of the school's name, place, postcode or URN, or of those of a closed school that
    it is now. When no school has them all, the nearest words of the register are taken instead. Schools of
    `near`'s area come first, then those whose name begins with the text, then those that have its words side by
    side; among equals present names before former ones. Schools that other hubs have added are not found, nor is
    anything by fewer than three letters and digits. Raises `TookTooLong` where that is too much to look for.
    """
    found, _ = _found(text, near, limit)
    return [school for school, _ in found]


def is_too_short(text: str) -> bool:
    """Whether a text has fewer than three letters and digits, and so finds nothing."""
    # Counted as typed: "saint" is looked for as "st".
    return len("".join(fold(text[:LONGEST]).split())) < SHORTEST


def choices_for(text: str, hub: Hub | None, *, limit: int = 10) -> list[Choice]:
    """What `find` finds, as it is offered in a list or as radio buttons. Raises `TookTooLong` as it does."""
    return offer(text, hub, limit=limit).choices


def offer(text: str, hub: Hub | None, *, limit: int = 10) -> Offer:
    """The same, and the words that were looked for instead. Raises `TookTooLong` as `find` does."""
    found, meant = _found(text, hub, limit)
    return Offer([Choice(school.urn, school.label, hint_of(school, under)) for school, under in found], meant)


def hint_of(school: School, under: School | None = None) -> str:
    """Phase and authority: "Primary · Northvale"; the kind of school where the register gives no phase.

    Where it was found `under` a closed school it ends with that one: "formerly Ash Lane School, URN 100123".
    """
    phase = school.type_name if school.phase in ("", "Not applicable") else school.phase
    parts = [phase, school.authority.name]
    if under and under != school:
        name = "" if fold(under.name) == fold(school.name) else under.name
        urn = f"URN {under.urn}" if under.is_of_register else ""
        if was := ", ".join(filter(None, (name, urn))):
            parts.append(f"formerly {was}")
    return " · ".join(part for part in parts if part)


def usable_school(urn: int, hub: Hub | None) -> School | None:
    """The school with this URN, or the one that it is today; none where that is several or nobody can say."""
    known = School.objects.usable().known_to(hub)
    if school := known.filter(urn=urn).first():
        return school
    current = known.filter(former_rows__former=urn)[:2]
    return current[0] if len(current) == 1 else None


def refresh(urns: Collection[int] | None = None) -> None:
    """Bring what schools are found by up to the register as it is now; in the caller's transaction.

    Call it after whatever changes schools or what closed ones are today, with the URNs concerned when they are
    few: then the words that misspelt ones are compared with stay as they are. What is up to date is not written.
    """
    concerned = "" if urns is None else "WHERE school_id = ANY (%(urns)s) OR under_id = ANY (%(urns)s)"
    given: Mapping[str, list[int] | int] = {
        "usable": list(School.USABLE),
        "made_by": _MADE_BY,
        "urns": list(urns or ()),
    }
    with transaction.atomic(), connection.cursor() as cursor:
        if urns is None:
            # Nobody has counted the rows that this transaction wrote: the planner would take them for a handful.
            cursor.execute("SET LOCAL enable_nestloop = off")
        cursor.execute(_TAKE_OUT.format(wanted=_WANTED, concerned=concerned), given)
        cursor.execute(_WRITE.format(wanted=_WANTED, concerned=concerned), given)
        if urns is None:
            _learn_words(cursor)
            cursor.execute("SET LOCAL enable_nestloop TO DEFAULT")


def _found(text: str, near: Hub | None, limit: int) -> tuple[list[tuple[School, School]], str]:
    """Schools for a text, each with the one under whose name it was found: itself, or a closed one.

    And the words by which they were found where those are not the text's own.
    """
    if is_too_short(text):
        return [], ""
    words = meant = search_words(text)
    with at_most(MOST_MILLISECONDS):
        found = _best(words, near, limit)
        if not found and (meant := likely(words)) != words:
            found = _best(meant, near, limit)
        schools = School.objects.select_related("authority").in_bulk({*found, *found.values()}) if found else {}
    instead = " ".join(meant) if found and meant != words else ""
    return [(schools[urn], schools[under]) for urn, under in found.items()], instead


def _best(words: list[str], near: Hub | None, limit: int) -> dict[int, int]:
    """URNs of the schools that have all the words, best first, each with the URN under whose name it has them.

    Names that have a rare word are ranked all together. Common words would be half the country to rank: for them it
    is one statement of a part for each rank, each in the order of an index, and PostgreSQL goes on to the next part
    only while it lacks rows.
    """
    if not words:
        return {}
    typed = " " + " ".join(words)
    begins, together = Q(text__startswith=typed), Q(text__contains=typed)
    in_area = Q(_AnyOf("authority", ArraySubquery(HubArea.objects.filter(hub=near).values("authority"))))
    names = SearchEntry.objects.known_to(near)
    having = names.having(words)
    best_first: list[str | OrderBy] = [_truth(begins).desc(), _truth(together).desc(), "former", "text"]
    if all(_is_common(word) for word in words):
        ranks = [names.filter(begins), having.filter(together).exclude(begins), having.exclude(together)]
        parts = [rank.filter(former=former).order_by("text") for rank in ranks for former in _FORMER]
        if near:
            # The area's index is enough for these few: the words' would be gone through for each authority.
            nearest = names.filter(in_area, *(Q(text__contains=f" {word}") for word in words))
            parts = [nearest.order_by(*best_first), *(part.exclude(in_area) for part in parts)]
    else:
        parts = [having.order_by(*([_truth(in_area).desc(), *best_first] if near else best_first))]
    rows = limit * _NAMES_OF_ONE
    first, *others = (part.values_list("school_id", "under_id")[:rows] for part in parts)
    found: dict[int, int] = {}
    for urn, under in first.union(*others, all=True)[:rows] if others else first:
        found.setdefault(urn, under)
    return dict(islice(found.items(), limit))


def _is_common(word: str) -> bool:
    return word.isalpha() and (len(word) < SHORTEST or any(common.startswith(word) for common in _COMMON))


def _truth(condition: Q) -> ExpressionWrapper[Q]:
    return ExpressionWrapper(condition, output_field=BooleanField())


def _learn_words(cursor: CursorWrapper) -> None:
    cursor.execute(_COUNT_WORDS)
    cursor.execute("DELETE FROM schools_registerword WHERE word NOT IN (SELECT word FROM words_now)")
    cursor.execute(_KEEP_WORDS)
    cursor.execute("DROP TABLE words_now")


# Who is found, and under whose name.
# A name that a hub gave a school stays its own when the register knows the school by another one.
_WANTED = """
    SELECT school_id, under_id, school.authority_id, hub.id AS added_by_id, named.name, named.town, named.locality,
        named.postcode, hashtextextended(concat_ws('|', school.authority_id, hub.id, named.name,
            named.town, named.locality, named.postcode), %(made_by)s) AS made_from
    FROM (
        SELECT urn, urn FROM schools_school UNION ALL SELECT current_id, former_id FROM schools_currentschool
    ) AS pair (school_id, under_id)
    JOIN schools_school AS school ON school.urn = school_id AND school.status = ANY (%(usable)s)
    JOIN schools_school AS named ON named.urn = under_id
    CROSS JOIN LATERAL (SELECT coalesce(named.added_by_id, school.added_by_id)) AS hub (id)
"""
_TAKE_OUT = """
    DELETE FROM schools_searchentry AS entry USING (
        SELECT school_id, under_id FROM schools_searchentry {concerned}
        EXCEPT SELECT school_id, under_id FROM ({wanted}) AS wanted {concerned}
    ) AS gone WHERE entry.school_id = gone.school_id AND entry.under_id = gone.under_id
"""
_WRITE = """
    INSERT INTO schools_searchentry (school_id, under_id, authority_id, added_by_id, made_from, text)
    SELECT wanted.school_id, wanted.under_id, wanted.authority_id, wanted.added_by_id, wanted.made_from,
        schools_found_by(name, town, locality, postcode, wanted.under_id)
    FROM (SELECT * FROM ({wanted}) AS every {concerned}) AS wanted
    LEFT JOIN schools_searchentry AS entry USING (school_id, under_id)
    WHERE entry.made_from IS DISTINCT FROM wanted.made_from
    ON CONFLICT (school_id, under_id) DO UPDATE SET authority_id = excluded.authority_id,
        added_by_id = excluded.added_by_id, made_from = excluded.made_from, text = excluded.text
"""
# Other hubs' schools are nobody's business. In no order: ts_stat's tree of words grows lopsided from rising URNs.
_COUNT_WORDS = """
    CREATE TEMPORARY TABLE words_now AS SELECT word, ndoc AS schools
    FROM ts_stat('SELECT words FROM schools_searchentry WHERE added_by_id IS NULL ORDER BY made_from')
    WHERE length(word) BETWEEN 4 AND 100 AND word !~ '[0-9]'
"""
_KEEP_WORDS = """
    INSERT INTO schools_registerword (word, schools)
    SELECT word, now.schools FROM words_now AS now LEFT JOIN schools_registerword AS known USING (word)
    WHERE known.schools IS DISTINCT FROM now.schools
    ON CONFLICT (word) DO UPDATE SET schools = excluded.schools
"""
