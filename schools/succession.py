"""Deriving who went on as whom, in SQL over the whole register at once; `schools.ancestry.rebuild` is the way in.

Everything is worked out in temporary tables and then compared with what stands there: what has not changed
is not written.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.backends.utils import CursorWrapper

from schools import likeness
from schools.models import Doubt, School, Succession

# The endings of "Predecessor…" and "Successor…" that pass on identity, with letters alone: their spelling has
# varied. The higher rank is the more specific word, where the rows of the two schools differ.
_ENDINGS = {
    "": Succession.Kind.BECAME,
    "merged": Succession.Kind.MERGED,
    "amalgamated": Succession.Kind.AMALGAMATED,
    "splitschool": Succession.Kind.SPLIT,
}
_KINDS = list(_ENDINGS.values())
# Schools that hang together; the real register's largest family has 19. A chain's closure grows with its square:
# one of 2,000 would keep an import, and everybody who waits for it, busy for a minute.
LARGEST_FAMILY = 200
_PARAMETERS: dict[str, Any] = {
    "endings": list(_ENDINGS),
    "kinds": _KINDS,
    "usable": list(School.USABLE),
    "open": [School.Status.OPEN, School.Status.CLOSING],
    "open_now": School.Status.OPEN,
    "closing": School.Status.CLOSING,
    "closed": School.Status.CLOSED,
    "proposed": School.Status.PROPOSED,
    "first_added": School.FIRST_ADDED,
    **{doubt.name.lower(): doubt for doubt in Doubt},
    **likeness.PARAMETERS,
}

# Two schools are one, or are not, whichever of them was named first: the latest ruling holds in both directions.
# A school that was added and withdrawn again leaves its rulings behind, which say nothing any more. Asked ruling by
# ruling: joined, the schools were multiplied with themselves by a planner who had counted them before they came.
_RULED = """
    CREATE TEMPORARY TABLE ruled ON COMMIT DROP AS
    SELECT DISTINCT ON (least(predecessor_id, successor_id), greatest(predecessor_id, successor_id))
        predecessor_id AS predecessor, successor_id AS successor, same_school
    FROM schools_successionruling
    WHERE (SELECT true FROM schools_school WHERE urn = predecessor_id)
        AND (SELECT true FROM schools_school WHERE urn = successor_id)
    ORDER BY least(predecessor_id, successor_id), greatest(predecessor_id, successor_id), id DESC;
    ANALYZE ruled
"""

# The rows of the two schools often differ by a day, for the earlier one gives its last and the later one its
# first: people mean the first day under the new URN, so the later school's row is taken where it has a date.
_DIRECTED = """
    CREATE TEMPORARY TABLE pairs ON COMMIT DROP AS
    WITH said AS (
        SELECT urn, other_urn, established_on, starts = 'predecessor' AS by_the_later, rank
        FROM schools_registerlink
        CROSS JOIN unnest(ARRAY['predecessor', 'successor']) AS starts
        JOIN unnest(%(endings)s::text[]) WITH ORDINALITY AS known(ending, rank)
            ON regexp_replace(lower(kind), '[^a-z]', '', 'g') = starts || ending
        WHERE urn <> other_urn
    )
    SELECT
        CASE WHEN by_the_later THEN other_urn ELSE urn END AS predecessor,
        CASE WHEN by_the_later THEN urn ELSE other_urn END AS successor,
        max(rank) AS rank,
        coalesce(min(established_on) FILTER (WHERE by_the_later), min(established_on)) AS happened_on,
        'directed' AS source
    FROM said GROUP BY 1, 2;
    CREATE INDEX ON pairs (predecessor, successor);
    ANALYZE pairs
"""

# What a person ruled on is one row, in the direction that the ruling names, whatever the register says of it.
_ONE_WAY = """
    DELETE FROM pairs USING ruled
    WHERE (pairs.predecessor, pairs.successor) = (ruled.successor, ruled.predecessor) AND EXISTS (
        SELECT FROM pairs same WHERE (same.predecessor, same.successor) = (ruled.predecessor, ruled.successor)
    );
    UPDATE pairs SET predecessor = ruled.predecessor, successor = ruled.successor FROM ruled
    WHERE (pairs.predecessor, pairs.successor) = (ruled.successor, ruled.predecessor)
"""

# "Result of Amalgamation" and "Merged - …" say the same on both sides. We guess that the school which closed,
# or closed first, or opened first came before; one that the register lacks counts as closed long ago. The guess may
# change with the schools: what a person ruled does not.
_UNDIRECTED = """
    INSERT INTO pairs
    WITH said AS (
        SELECT least(urn, other_urn) AS one, greatest(urn, other_urn) AS other,
            CASE WHEN words LIKE 'merged%%' THEN 2 ELSE 3 END AS rank, established_on
        FROM schools_registerlink, regexp_replace(lower(kind), '[^a-z]', '', 'g') AS words
        WHERE urn <> other_urn AND (words LIKE 'merged%%' OR words = 'resultofamalgamation')
    ), guessed AS (
        SELECT one, other, max(rank) AS rank, min(established_on) AS happened_on,
            bool_and(
                (coalesce(a.status = ANY (%(usable)s), false),
                    coalesce(a.closed_on, '-infinity'), coalesce(a.opened_on, '-infinity'), one)
                < (coalesce(b.status = ANY (%(usable)s), false),
                    coalesce(b.closed_on, '-infinity'), coalesce(b.opened_on, '-infinity'), other)
            ) AS in_order
        FROM said LEFT JOIN schools_school a ON a.urn = one LEFT JOIN schools_school b ON b.urn = other
        GROUP BY one, other
    ), facing AS (
        SELECT coalesce(ruled.predecessor, CASE WHEN in_order THEN one ELSE other END) AS predecessor,
            coalesce(ruled.successor, CASE WHEN in_order THEN other ELSE one END) AS successor, rank, happened_on
        FROM guessed LEFT JOIN ruled
            ON one = least(ruled.predecessor, ruled.successor) AND other = greatest(ruled.predecessor, ruled.successor)
    )
    SELECT predecessor, successor, rank, happened_on, 'undirected' FROM facing
    WHERE NOT EXISTS (
        SELECT FROM pairs WHERE (pairs.predecessor, pairs.successor) = (facing.predecessor, facing.successor)
    )
    AND NOT EXISTS (
        SELECT FROM pairs WHERE (pairs.predecessor, pairs.successor) = (facing.successor, facing.predecessor)
    )
"""

_ONLY_RULED = """
    INSERT INTO pairs
    SELECT predecessor, successor, 1, NULL, 'ruled' FROM ruled
    WHERE NOT EXISTS (
        SELECT FROM pairs WHERE (pairs.predecessor, pairs.successor) = (ruled.predecessor, ruled.successor)
    )
"""

_COUNTING = """
    CREATE TEMPORARY TABLE judged ON COMMIT DROP AS
    SELECT predecessor, successor, rank, happened_on, source, same_school IS NOT NULL AS is_ruled,
        coalesce(same_school, source = 'directed') AS counts
    FROM pairs LEFT JOIN ruled USING (predecessor, successor);
    CREATE INDEX ON judged (successor) WHERE counts;
    CREATE INDEX ON judged (predecessor) WHERE counts;
    ANALYZE judged
"""

# UNION, not UNION ALL: a pair found once is not walked again, so a cycle ends.
_CLOSURE = """
    CREATE TEMPORARY TABLE closure ON COMMIT DROP AS
    WITH RECURSIVE walk(school, ancestor) AS (
        SELECT successor, predecessor FROM judged WHERE counts
        UNION
        SELECT walk.school, judged.predecessor FROM walk JOIN judged ON judged.successor = walk.ancestor
        WHERE judged.counts
    )
    SELECT school, ancestor FROM walk WHERE school <> ancestor;
    CREATE UNIQUE INDEX ON closure (school, ancestor);
    ANALYZE closure
"""

# A ruled pair is beyond doubt, and of schools that the register lacks nobody can tell.
# "Still open" leaves out what is still to come: a school that is to close, or to go on as one that is to open.
_DERIVED = """
    CREATE TEMPORARY TABLE derived ON COMMIT DROP AS
    SELECT predecessor, successor, (%(kinds)s::text[])[rank] AS kind, happened_on, counts,
        CASE WHEN is_ruled OR earlier.urn IS NULL OR later.urn IS NULL THEN '{}' ELSE array_remove(ARRAY[
            CASE WHEN source IN ('directed', 'undirected') AND happened_on IS NULL THEN %(undated)s END,
            CASE WHEN source = 'directed' AND count(*) FILTER (WHERE counts) OVER (PARTITION BY predecessor) > 1
                THEN %(several_successors)s END,
            CASE WHEN source = 'directed' AND back.school IS NOT NULL THEN %(cycle)s END,
            CASE WHEN source IN ('directed', 'undirected') AND (%(kinds)s::text[])[rank] <> 'split'
                AND (earlier.status = %(open_now)s AND later.status <> %(proposed)s
                    OR earlier.status = %(closing)s AND later.status = %(closed)s) THEN %(still_open)s END,
            CASE WHEN source = 'undirected' THEN %(no_direction)s END,
            CASE WHEN source = 'likely' THEN %(likely)s END
        ], NULL) END::varchar[] AS doubts
    FROM judged
    LEFT JOIN schools_school earlier ON earlier.urn = predecessor
    LEFT JOIN schools_school later ON later.urn = successor
    LEFT JOIN closure back ON back.school = predecessor AND back.ancestor = successor;
    CREATE UNIQUE INDEX ON derived (predecessor, successor);
    ANALYZE derived
"""

_WRITE_SUCCESSIONS = """
    DELETE FROM schools_succession known WHERE NOT EXISTS (
        SELECT FROM derived WHERE predecessor = known.predecessor_id AND successor = known.successor_id
    );
    UPDATE schools_succession known
    SET kind = derived.kind, happened_on = derived.happened_on, doubts = derived.doubts, counts = derived.counts
    FROM derived
    WHERE known.predecessor_id = predecessor AND known.successor_id = successor
        AND (known.kind, known.happened_on, known.doubts, known.counts)
            IS DISTINCT FROM (derived.kind, derived.happened_on, derived.doubts, derived.counts);
    INSERT INTO schools_succession (predecessor_id, successor_id, kind, happened_on, doubts, counts)
    SELECT predecessor, successor, kind, happened_on, doubts, counts FROM derived
    WHERE NOT EXISTS (
        SELECT FROM schools_succession known
        WHERE known.predecessor_id = predecessor AND known.successor_id = successor
    )
"""

_WRITE_ANCESTORS = """
    DELETE FROM schools_ancestor known WHERE NOT EXISTS (
        SELECT FROM closure WHERE school = known.school_id AND ancestor = known.ancestor_id
    );
    INSERT INTO schools_ancestor (school_id, ancestor_id)
    SELECT school, ancestor FROM closure
    WHERE NOT EXISTS (
        SELECT FROM schools_ancestor known WHERE known.school_id = school AND known.ancestor_id = ancestor
    )
"""

# From each closed school along its successors, each path as far as the first usable one.
_CURRENT = """
    CREATE TEMPORARY TABLE now ON COMMIT DROP AS
    WITH RECURSIVE walk(former, reached) AS (
        SELECT predecessor, successor FROM judged JOIN schools_school ON urn = predecessor
        WHERE counts AND status = %(closed)s
        UNION
        SELECT walk.former, judged.successor
        FROM walk JOIN judged ON judged.predecessor = walk.reached
        LEFT JOIN schools_school passed ON passed.urn = walk.reached
        WHERE judged.counts AND (passed.status = ANY (%(usable)s)) IS NOT TRUE
    )
    SELECT former, reached AS current FROM walk JOIN schools_school ON urn = reached
    WHERE status = ANY (%(usable)s);
    CREATE UNIQUE INDEX ON now (former, current);
    ANALYZE now
"""

_WRITE_CURRENT = """
    DELETE FROM schools_currentschool known WHERE NOT EXISTS (
        SELECT FROM now WHERE former = known.former_id AND current = known.current_id
    );
    INSERT INTO schools_currentschool (former_id, current_id)
    SELECT former, current FROM now
    WHERE NOT EXISTS (
        SELECT FROM schools_currentschool known WHERE known.former_id = former AND known.current_id = current
    )
"""

_CLEAR = "DROP TABLE ruled, pairs, unlinked, judged, closure, derived, now"


_PAIRS = (_RULED, _DIRECTED, _ONE_WAY, _UNDIRECTED, _ONLY_RULED, *likeness.STATEMENTS, _COUNTING)
_CONCLUSIONS = (_CLOSURE, _DERIVED, _WRITE_SUCCESSIONS, _WRITE_ANCESTORS, _CURRENT, _WRITE_CURRENT, _CLEAR)


class FamilyTooLarge(Exception):
    """More schools hang together than any real family has; the message is a sentence to show."""


def derive(cursor: CursorWrapper) -> None:
    """Bring successions, ancestors and current schools up to the links, rulings and schools as they are.

    In a transaction, and never two at a time: the caller holds a lock. Raises `FamilyTooLarge`.
    """
    for statements in _PAIRS:
        cursor.execute(statements, _PARAMETERS)
    cursor.execute("SELECT predecessor, successor FROM judged WHERE counts")
    _refuse_too_large(cursor.fetchall())
    for statements in _CONCLUSIONS:
        cursor.execute(statements, _PARAMETERS)


def _refuse_too_large(pairs: Iterable[tuple[int, int]]) -> None:
    families: dict[int, list[int]] = {}
    for pair in pairs:
        smaller, larger = sorted((families.setdefault(urn, [urn]) for urn in pair), key=len)
        if smaller is larger:
            continue
        larger += smaller
        families.update(dict.fromkeys(smaller, larger))
        if len(larger) > LARGEST_FAMILY:
            raise FamilyTooLarge(
                f"More than {LARGEST_FAMILY} schools would be one family, URN {min(larger)} among them. "
                "No real one is nearly as large: a link between schools is wrong."
            )
