from __future__ import annotations

import datetime as dt
import os
from collections import Counter, defaultdict, deque
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Protocol

import psycopg
import pytest
from django.conf import settings as django_settings
from django.db import connection, transaction
from django.db.models import F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hubs.models import Hub, User
from schools import ancestry
from schools.models import Ancestor, CurrentSchool, Doubt, RegisterLink, School, Succession, SuccessionRuling
from schools.register import import_register
from schools.succession import LARGEST_FAMILY, FamilyTooLarge
from tests.environment import ADMIN_URL
from tests.factories import make_hub, make_school, make_user
from tests.schools.families import CLOSED, link, school

pytestmark = pytest.mark.django_db
DERIVED = (Succession, Ancestor, CurrentSchool)


def only_succession() -> Succession:
    """The one succession that the links make."""
    ancestry.rebuild()
    return Succession.objects.get()


class Ruled(Protocol):
    """Keeps a ruling, without what `ancestry.rule` checks."""

    def __call__(self, predecessor: int, successor: int, same: bool = True) -> None: ...


@pytest.fixture
def ruled(hub: Hub, administrator: User, now: dt.datetime) -> Ruled:
    """Rules as somebody; the clock goes backwards, for the number of a ruling says which is the latest."""
    minutes = count()

    def keep(predecessor: int, successor: int, same: bool = True) -> None:
        SuccessionRuling.objects.create(
            predecessor_id=predecessor,
            successor_id=successor,
            same_school=same,
            reason="Told",
            ruled_by=administrator,
            ruled_for=hub,
            ruled_at=now - dt.timedelta(minutes=next(minutes)),
        )

    return keep


def doubts_of(predecessor: int, successor: int) -> list[str]:
    """Why the register's word on a pair is not enough."""
    return Succession.objects.get(predecessor=predecessor, successor=successor).doubts


# --- Links ----------------------------------------------------------------------------------------


def test_both_directions_of_a_link_are_one_succession() -> None:
    school(1, CLOSED)
    school(2)
    link(1, "Successor", 2, "2014-08-31")
    link(2, "Predecessor", 1, "2014-09-01")
    found = only_succession()
    assert (found.predecessor_id, found.successor_id, found.kind) == (1, 2, "became")
    assert found.counts and found.doubts == []
    assert list(Ancestor.objects.values_list("school", "ancestor")) == [(2, 1)]
    assert list(CurrentSchool.objects.values_list("former", "current")) == [(1, 2)]


def test_the_date_is_the_later_schools_first_day() -> None:
    link(1, "Successor", 2, "2013-08-31")
    link(2, "Predecessor", 1, "2014-09-01")
    assert only_succession().happened_on == dt.date(2014, 9, 1)


def test_the_earlier_schools_date_will_do_where_the_later_one_gives_none() -> None:
    link(1, "Successor", 2, "2013-08-31")
    link(2, "Predecessor", 1, None)
    assert only_succession().happened_on == dt.date(2013, 8, 31)


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("Predecessor - merged", "merged"),
        ("predecessor -  Merged ", "merged"),
        ("Predecessor - amalgamated", "amalgamated"),
        ("PREDECESSOR - Split School", "split"),
        ("Predecessor", "became"),
    ],
)
def test_the_kind_is_read_whatever_its_capitals_and_spaces(word: str, kind: str) -> None:
    link(2, word, 1)
    assert only_succession().kind == kind


def test_the_more_specific_kind_is_taken() -> None:
    link(1, "Successor", 2)
    link(2, "Predecessor - merged", 1)
    assert only_succession().kind == "merged"


@pytest.mark.parametrize(
    "word", ["Sixth Form Centre School", "Sixth Form Centre Link", "Other", "Closure", "Expansion", "Successors of"]
)
def test_other_links_pass_nothing_on(word: str) -> None:
    link(1, word, 2)
    ancestry.rebuild()
    assert not Succession.objects.exists()


def test_a_school_linked_with_itself_is_left_out() -> None:
    link(1, "Successor", 1)
    ancestry.rebuild()
    assert not Succession.objects.exists()


def test_a_school_that_the_register_lacks_is_walked_through() -> None:
    school(1, CLOSED)
    school(3)
    link(1, "Successor", 2)
    link(2, "Successor", 3)
    ancestry.rebuild()
    assert ancestry.ancestors_of([3]) == {3: {1, 2}}
    assert list(CurrentSchool.objects.values_list("former", "current")) == [(1, 3)]


def test_a_path_ends_at_the_first_school_in_use() -> None:
    school(1, CLOSED)
    school(2)
    school(3)
    link(1, "Successor", 2)
    link(2, "Successor", 3)
    ancestry.rebuild()
    assert list(CurrentSchool.objects.values_list("former", "current")) == [(1, 2)]


# --- Links without a direction --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "kind"),
    [("Result of Amalgamation", "amalgamated"), ("Merged - change in age range", "merged")],
)
def test_where_the_register_gives_no_direction_the_closed_school_is_guessed_to_come_first(word: str, kind: str) -> None:
    school(1)
    school(2, CLOSED)
    link(1, word, 2)
    link(2, word, 1)
    found = only_succession()
    assert (found.predecessor_id, found.successor_id, found.kind) == (2, 1, kind)
    assert not found.counts and found.doubts == [Doubt.NO_DIRECTION]
    assert not Ancestor.objects.exists()


def test_of_two_closed_schools_the_one_that_closed_first_is_guessed_to_come_first() -> None:
    school(1, CLOSED, closed_on=dt.date(2023, 8, 31))
    school(2, CLOSED, closed_on=dt.date(2014, 8, 31))
    link(1, "Result of Amalgamation", 2)
    found = only_succession()
    assert (found.predecessor_id, found.successor_id) == (2, 1)


def test_a_link_with_a_direction_holds_against_one_without() -> None:
    school(1)
    school(2, CLOSED)
    link(1, "Result of Amalgamation", 2)
    link(1, "Successor", 2)
    found = only_succession()
    assert (found.predecessor_id, found.successor_id, found.counts) == (1, 2, True)


def test_a_ruling_gives_the_direction(ruled: Ruled) -> None:
    school(1)
    school(2, CLOSED)
    link(1, "Result of Amalgamation", 2)
    ruled(1, 2)
    found = only_succession()
    assert (found.predecessor_id, found.successor_id, found.counts) == (1, 2, True)


@pytest.mark.parametrize("same", [True, False])
def test_a_ruling_holds_when_the_guess_turns_round(ruled: Ruled, same: bool) -> None:
    school(1)
    school(2, CLOSED)
    link(1, "Result of Amalgamation", 2)
    ruled(2, 1, same)
    School.objects.filter(urn=1).update(status=CLOSED)
    School.objects.filter(urn=2).update(status=School.Status.OPEN)
    found = only_succession()
    assert (found.predecessor_id, found.successor_id) == (2, 1)
    assert (found.counts, found.kind, found.doubts) == (same, "amalgamated", [])


def test_a_ruling_that_two_schools_are_not_one_holds_when_the_register_names_the_other_direction(ruled: Ruled) -> None:
    school(1, CLOSED)
    school(2)
    link(1, "Result of Amalgamation", 2)
    ruled(2, 1, same=False)
    link(1, "Successor", 2)
    assert not only_succession().counts
    assert not Ancestor.objects.exists()


@pytest.mark.parametrize(("same", "ancestors"), [(True, {2: {1}}), (False, {})])
def test_of_two_schools_each_before_the_other_a_ruling_leaves_one_row(
    ruled: Ruled, same: bool, ancestors: dict[int, set[int]]
) -> None:
    school(1, CLOSED)
    school(2)
    link(1, "Successor", 2)
    link(2, "Successor", 1)
    ruled(2, 1)
    ruled(1, 2, same)
    found = only_succession()
    assert (found.predecessor_id, found.successor_id, found.counts, found.doubts) == (1, 2, same, [])
    assert ancestry.ancestors_of([1, 2]) == ancestors


def test_a_ruling_on_a_school_that_was_withdrawn_says_nothing_any_more(ruled: Ruled) -> None:
    school(1)
    ruled(School.FIRST_ADDED, 1, same=False)
    ancestry.rebuild()
    assert not Succession.objects.exists()


# --- Doubts ---------------------------------------------------------------------------------------


def test_a_change_without_a_date_is_in_doubt() -> None:
    school(1, CLOSED)
    school(2)
    link(1, "Successor", 2, None)
    assert only_succession().doubts == [Doubt.UNDATED]


def test_several_successors_are_in_doubt() -> None:
    for urn, status in ((1, CLOSED), (2, School.Status.OPEN), (3, School.Status.OPEN)):
        school(urn, status)
    link(1, "Successor", 2)
    link(1, "Successor", 3)
    ancestry.rebuild()
    assert doubts_of(1, 2) == doubts_of(1, 3) == [Doubt.SEVERAL_SUCCESSORS]


def test_once_the_other_successor_is_ruled_out_nothing_is_in_doubt(ruled: Ruled) -> None:
    for urn, status in ((1, CLOSED), (2, School.Status.OPEN), (3, School.Status.OPEN)):
        school(urn, status)
    link(1, "Successor", 2)
    link(1, "Successor", 3)
    ruled(1, 3, same=False)
    ancestry.rebuild()
    assert doubts_of(1, 2) == doubts_of(1, 3) == []
    assert ancestry.current_of(School.objects.get(urn=1)) == [School.objects.get(urn=2)]


def test_a_circle_is_in_doubt_and_what_hangs_on_it_is_not() -> None:
    for urn in (1, 2, 3, 4):
        school(urn, CLOSED)
    link(1, "Successor", 2)
    link(2, "Successor", 3)
    link(3, "Successor", 1)
    link(4, "Successor", 1)
    ancestry.rebuild()
    assert all(doubts_of(*pair) == [Doubt.CYCLE] for pair in ((1, 2), (2, 3), (3, 1)))
    assert doubts_of(4, 1) == []
    assert ancestry.ancestors_of([1, 4]) == {1: {2, 3, 4}}


def test_an_earlier_school_that_is_still_open_is_in_doubt() -> None:
    school(1)
    school(2)
    link(1, "Successor", 2)
    assert only_succession().doubts == [Doubt.STILL_OPEN]


@pytest.mark.parametrize(
    ("earlier", "later", "kind"),
    [
        (School.Status.OPEN, School.Status.PROPOSED, "Successor"),
        (School.Status.CLOSING, School.Status.OPEN, "Successor - merged"),
        (School.Status.OPEN, School.Status.OPEN, "Successor - Split School"),
    ],
)
def test_what_is_still_to_come_or_only_split_off_is_not_in_doubt(
    earlier: School.Status, later: School.Status, kind: str
) -> None:
    school(1, earlier)
    school(2, later)
    link(1, kind, 2)
    assert only_succession().doubts == []


# --- Links that cannot be -------------------------------------------------------------------------


def chain(schools: int) -> None:
    """Schools that each went on as the next one."""
    RegisterLink.objects.bulk_create(
        RegisterLink(urn=urn, kind="Successor", other_urn=urn + 1) for urn in range(1, schools)
    )


def test_the_largest_family_is_far_larger_than_any_real_one() -> None:
    chain(LARGEST_FAMILY)
    ancestry.rebuild()
    assert Ancestor.objects.filter(school=LARGEST_FAMILY).count() == LARGEST_FAMILY - 1


def test_two_thousand_schools_in_a_row_are_refused_before_anything_is_derived() -> None:
    chain(2_000)
    with pytest.raises(FamilyTooLarge, match="More than 200 schools would be one family, URN"):
        ancestry.rebuild()
    assert not Succession.objects.exists()


def test_families_are_counted_wherever_they_meet() -> None:
    RegisterLink.objects.bulk_create(
        RegisterLink(urn=urn + 1, kind="Predecessor - merged", other_urn=urn) for urn in range(1, 2 * LARGEST_FAMILY, 2)
    )
    ancestry.rebuild()
    RegisterLink.objects.bulk_create(
        RegisterLink(urn=urn, kind="Successor", other_urn=9_999) for urn in range(2, LARGEST_FAMILY + 2, 2)
    )
    with pytest.raises(FamilyTooLarge, match="URN 1 among them"):
        ancestry.rebuild()


# --- Any links at all -----------------------------------------------------------------------------

NUMBERS = st.integers(1, 9)
KINDS = st.sampled_from(
    [
        *("Successor", "Predecessor", "successor - Merged", "Predecessor - amalgamated", "Successor - Split School"),
        *("Result of Amalgamation", "Merged - change in age range", "Other"),
    ]
)
# Numbers above seven are schools that the register lacks.
KNOWN = range(1, 8)


@dataclass(frozen=True)
class Ruling:
    predecessor: int
    successor: int
    same: bool


STATUSES = st.lists(st.sampled_from(School.Status), min_size=len(KNOWN), max_size=len(KNOWN))
RULINGS = st.builds(Ruling, st.integers(1, 7), st.integers(1, 7), st.booleans()).filter(
    lambda ruling: ruling.predecessor != ruling.successor
)


def counting(links: list[tuple[int, str, int]], rulings: list[Ruling]) -> set[tuple[int, int]]:
    """Which pairs pass on identity, told without a database: the latest ruling on two schools settles them."""
    pairs = set()
    for urn, kind, other in links:
        word = kind.lower()
        if word.startswith("successor"):
            pairs.add((urn, other))
        elif word.startswith("predecessor"):
            pairs.add((other, urn))
    for ruling in rulings:
        pair = (ruling.predecessor, ruling.successor)
        pairs -= {pair, pair[::-1]}
        if ruling.same:
            pairs.add(pair)
    return {(before, after) for before, after in pairs if before != after}


def reached(start: int, steps: set[tuple[int, int]], stops: set[int]) -> set[int]:
    """Breadth first from a school along steps, not beyond where it stops."""
    onwards: defaultdict[int, set[int]] = defaultdict(set)
    for one, other in steps:
        onwards[one].add(other)
    return reached_by(onwards, start, stops)


def reached_by(onwards: dict[int, set[int]], start: int, stops: Collection[int] = ()) -> set[int]:
    """All that is reached from a school, breadth first, not beyond where it stops."""
    seen: set[int] = set()
    waiting = deque([start])
    while waiting:
        for other in onwards.get(waiting.popleft(), set()) - seen:
            seen.add(other)
            if other not in stops:
                waiting.append(other)
    return seen


def settled(rulings: list[Ruling]) -> dict[frozenset[int], Ruling]:
    """The latest ruling on each two schools."""
    return {frozenset((ruling.predecessor, ruling.successor)): ruling for ruling in rulings}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    links=st.lists(st.tuples(NUMBERS, KINDS, NUMBERS), max_size=14, unique=True),
    rulings=st.lists(RULINGS, max_size=5),
    statuses=STATUSES,
    later_statuses=STATUSES,
    at_one_place=st.booleans(),
)
def test_ancestry_is_what_a_plain_search_finds(
    register_of_seven: tuple[Hub, User],
    now: dt.datetime,
    links: list[tuple[int, str, int]],
    rulings: list[Ruling],
    statuses: list[School.Status],
    later_statuses: list[School.Status],
    at_one_place: bool,
) -> None:
    hub, person = register_of_seven
    steps = counting(links, rulings)
    with transaction.atomic():
        if at_one_place:
            # State-funded, of like names and at one postcode: those that are not linked are proposed to a person.
            School.objects.update(postcode="NV1 1AA", type_group_code=10, type_code=34)
        RegisterLink.objects.bulk_create(
            RegisterLink(urn=urn, kind=kind, other_urn=other) for urn, kind, other in links
        )
        SuccessionRuling.objects.bulk_create(
            SuccessionRuling(
                predecessor_id=ruling.predecessor,
                successor_id=ruling.successor,
                same_school=ruling.same,
                reason="Told",
                ruled_by=person,
                ruled_for=hub,
                ruled_at=now - dt.timedelta(minutes=minute),
            )
            for minute, ruling in enumerate(rulings)
        )
        # Whatever becomes of the schools between two imports: what people ruled stays as they ruled it.
        for statuses_now in (statuses, later_statuses):
            for urn, status in zip(KNOWN, statuses_now, strict=True):
                School.objects.filter(urn=urn).update(status=status)
            ancestry.rebuild()
            assert_derived(steps, {urn for urn, status in zip(KNOWN, statuses_now, strict=True) if status != CLOSED})
            assert_settled(rulings)
        before = standing_rows()
        ancestry.rebuild()
        assert standing_rows() == before
        transaction.set_rollback(True)


def assert_derived(steps: set[tuple[int, int]], usable: set[int]) -> None:
    """What counts, its closure and what closed schools are today are those of a plain search."""
    assert set(Succession.objects.filter(counts=True).values_list("predecessor", "successor")) == steps
    back = {(after, before) for before, after in steps}
    assert set(Ancestor.objects.values_list("school", "ancestor")) == {
        (urn, ancestor) for urn in range(1, 10) for ancestor in reached(urn, back, set()) - {urn}
    }
    assert set(CurrentSchool.objects.values_list("former", "current")) == {
        (urn, current) for urn in set(KNOWN) - usable for current in reached(urn, steps, usable) & usable
    }


def assert_settled(rulings: list[Ruling]) -> None:
    """Each two schools that somebody ruled on are one row, as the latest ruling says it and beyond doubt."""
    rows = list(Succession.objects.values_list("predecessor", "successor", "counts", "doubts"))
    for pair, ruling in settled(rulings).items():
        found = [row for row in rows if {row[0], row[1]} == pair]
        assert found == [(ruling.predecessor, ruling.successor, ruling.same, [])]


@pytest.fixture
def register_of_seven() -> tuple[Hub, User]:
    """Seven schools, and somebody who rules."""
    for urn in KNOWN:
        make_school(f"School {urn}", urn=urn, postcode="", type_group_code=3, type_code=11)
    return make_hub("northvale"), make_user("Rita Ruler")


def standing_rows() -> list[object]:
    """Where each derived row lies: a row that is written again lies elsewhere."""
    places: list[object] = []
    with connection.cursor() as cursor:
        for model in DERIVED:
            cursor.execute(f"SELECT ctid, id FROM {model._meta.db_table} ORDER BY id")
            places += cursor.fetchall()
    return places


# --- The real register ----------------------------------------------------------------------------

SHARED = Path(os.environ.get("SHARED_DATA") or django_settings.BASE_DIR.parent / "shared" / "data") / "gias"


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"the real register's files are not in {SHARED}")
def test_the_real_links_are_made_into_what_a_plain_search_finds(now: dt.datetime) -> None:
    import_register(
        SHARED / "edubasealldata20250524.zip",
        links=SHARED / "links_edubasealldata20250422.zip",
        actor_name="A test",
        now=now,
        force=True,
    )
    assert RegisterLink.objects.count() == 33_801
    links = list(RegisterLink.objects.values_list("urn", "kind", "other_urn"))
    steps = counting(links, [])
    assert set(Succession.objects.filter(counts=True).values_list("predecessor", "successor")) == steps
    before: defaultdict[int, set[int]] = defaultdict(set)
    for earlier, later in steps:
        before[later].add(earlier)
    assert ancestry.ancestors_of(before) == {urn: found for urn in before if (found := reached_by(before, urn) - {urn})}
    in_doubt = Counter(doubt for doubts in Succession.objects.values_list("doubts", flat=True) for doubt in doubts)
    assert 4_000 < in_doubt[Doubt.UNDATED] < 4_300
    assert in_doubt[Doubt.CYCLE] >= 8
    assert 20 < in_doubt[Doubt.LIKELY] < 100
    assert not Ancestor.objects.filter(school=F("ancestor")).exists()
    standing = standing_rows()
    ancestry.rebuild()
    assert standing_rows() == standing


@pytest.fixture
def thought_empty() -> Iterator[None]:
    """The planner counted the schools while the first import had not committed them, and found none."""
    name = connection.settings_dict["NAME"]
    owner = psycopg.connect(ADMIN_URL, dbname=name, autocommit=True)
    known = owner.execute("SELECT relpages, reltuples FROM pg_class WHERE oid = 'schools_school'::regclass").fetchone()
    count_as = "UPDATE pg_class SET relpages = %s, reltuples = %s WHERE oid = 'schools_school'::regclass"
    owner.execute(count_as, (1_000, 0))
    yield
    owner.execute(count_as, known)
    owner.close()


def test_schools_that_nobody_has_counted_are_not_multiplied_with_themselves(thought_empty: None) -> None:
    model = make_school()
    columns = ", ".join(f'"{field.column}"' for field in School._meta.concrete_fields if field.column != "urn")
    with connection.cursor() as cursor:
        # Thirty thousand squared take minutes.
        cursor.execute(
            f"INSERT INTO schools_school (urn, {columns})"
            f" SELECT 500000 + number, {columns} FROM schools_school, generate_series(1, 30000) AS number"
            " WHERE urn = %s",
            [model.urn],
        )
        cursor.execute("SET LOCAL statement_timeout = '10s'")
    ancestry.rebuild()
    assert not Succession.objects.exists()
