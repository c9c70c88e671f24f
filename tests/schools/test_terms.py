from __future__ import annotations

import datetime as dt

import pytest

from hubs import tenancy, timeline
from hubs.models import Hub, HubArea, LocalAuthority, Membership, Role, User
from hubs.permissions import NotAllowed
from schools.ancestry import rebuild
from schools.assumed_terms import Span, assumed_half_terms
from schools.calendar import calendar_of, calendars_of_authorities
from schools.models import HalfTerm, School
from schools.terms import ChangedMeanwhile, DatesRefused, Owner, clear_half_terms, may_change, set_half_terms
from tests.factories import make_member, make_school, membership_of
from tests.schools.families import link

pytestmark = pytest.mark.django_db

YEAR = 2026
ASSUMED = dict(enumerate(assumed_half_terms(YEAR), start=1))


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def with_dates(**changed: tuple[str, str]) -> dict[int, Span]:
    """The assumed half-terms, some of them changed: `h2=("2026-10-26", "2026-12-18")`."""
    return ASSUMED | {int(name[1]): Span(day(first), day(last)) for name, (first, last) in changed.items()}


# October's break a week early.
EARLY = with_dates(h1=("2026-09-01", "2026-10-16"), h2=("2026-10-26", "2026-12-18"))


@pytest.fixture
def northvale(hub: Hub) -> LocalAuthority:
    authority = LocalAuthority.objects.create(code="001", name="Northvale")
    HubArea.objects.create(hub=hub, authority=authority)
    return authority


@pytest.fixture
def school(northvale: LocalAuthority) -> School:
    return make_school("Ash Lane School")


@pytest.fixture
def actor(hub: Hub, lead: User) -> Membership:
    return membership_of(lead, hub)


def enter(
    of: Owner,
    dates: dict[int, Span],
    actor: Membership,
    now: dt.datetime,
    year: int = YEAR,
    shown: dict[int, Span] | None = None,
) -> tuple[int, ...]:
    with tenancy.use(actor.hub):
        return set_half_terms(of=of, year=year, dates=dates, shown=shown, actor=actor, now=now)


def clear(of: Owner, actor: Membership, now: dt.datetime) -> bool:
    with tenancy.use(actor.hub):
        return clear_half_terms(of=of, year=YEAR, actor=actor, now=now)


def told(of: Owner, hub: Hub) -> list[str]:
    """What the hub's timeline says of it, newest first."""
    with tenancy.use(hub):
        return [entry.text for entry in timeline.entries_of(of)]


def refusals(of: Owner, dates: dict[int, Span], actor: Membership, now: dt.datetime) -> dict[tuple[int, str], str]:
    with pytest.raises(DatesRefused) as refused:
        enter(of, dates, actor, now)
    return {(fault.number, fault.edge): fault.words for fault in refused.value.faults}


# --- An authority's -------------------------------------------------------------------------------


def test_entered_dates_hold_for_the_authority_s_schools(
    northvale: LocalAuthority, school: School, actor: Membership, now: dt.datetime
) -> None:
    assert enter(northvale, EARLY, actor, now) == (1, 2, 3, 4, 5, 6)

    half_terms = calendar_of(school).half_terms(YEAR)
    assert [half_term.span for half_term in half_terms] == [EARLY[number] for number in range(1, 7)]
    assert {half_term.source.words for half_term in half_terms} == {"Northvale’s dates"}
    assert calendar_of(school).is_assumed(YEAR + 1)


def test_confirming_the_assumed_dates_makes_them_the_authority_s(
    northvale: LocalAuthority, actor: Membership, now: dt.datetime
) -> None:
    enter(northvale, ASSUMED, actor, now)
    assert not calendars_of_authorities(["001"])["001"].half_term(YEAR, 6).source.is_assumed
    assert told(northvale, actor.hub) == [
        "Entered the term dates of Northvale for 2026/27.\nThey are as they were assumed."
    ]


def test_who_entered_them_is_kept(northvale: LocalAuthority, actor: Membership, now: dt.datetime) -> None:
    enter(northvale, EARLY, actor, now)
    assert set(HalfTerm.objects.values_list("entered_for", "entered_by", "entered_at")) == {
        (actor.hub_id, actor.user_id, now)
    }


def test_the_timeline_says_what_was_entered_and_what_was_changed(
    northvale: LocalAuthority, actor: Membership, now: dt.datetime
) -> None:
    enter(northvale, EARLY, actor, now)
    enter(northvale, EARLY | {6: Span(day("2027-06-07"), day("2027-07-09"))}, actor, now)

    corrected, entered = told(northvale, actor.hub)
    first_line, first_half, second_half, rest = entered.splitlines()
    assert first_line == "Entered the term dates of Northvale for 2026/27."
    assert first_half == (
        "First half of the autumn term: 1 September 2026 to 16 October 2026 "
        "(before: 2 September 2026 to 23 October 2026, assumed)."
    )
    assert second_half == (
        "Second half of the autumn term: 26 October 2026 to 18 December 2026 "
        "(before: 2 November 2026 to 18 December 2026, assumed)."
    )
    assert rest == "The others are as they were assumed."
    assert corrected.splitlines() == [
        "Corrected the term dates of Northvale for 2026/27.",
        "Second half of the summer term: 7 June 2027 to 9 July 2027 (before: 7 June 2027 to 21 July 2027).",
    ]


def test_the_same_dates_again_change_nothing(northvale: LocalAuthority, actor: Membership, now: dt.datetime) -> None:
    enter(northvale, EARLY, actor, now)
    later = now + dt.timedelta(hours=1)
    assert enter(northvale, EARLY, actor, later) == ()
    assert set(HalfTerm.objects.values_list("entered_at", flat=True)) == {now}
    assert len(told(northvale, actor.hub)) == 1


def test_a_correction_leaves_the_other_half_terms_as_they_were(
    northvale: LocalAuthority, actor: Membership, now: dt.datetime
) -> None:
    enter(northvale, ASSUMED, actor, now)
    later = now + dt.timedelta(days=1)
    assert enter(northvale, EARLY, actor, later) == (1, 2)
    assert set(HalfTerm.objects.filter(entered_at=later).values_list("number", flat=True)) == {1, 2}


def test_half_terms_may_move_into_days_that_were_their_neighbours(
    northvale: LocalAuthority, actor: Membership, now: dt.datetime
) -> None:
    enter(northvale, ASSUMED, actor, now)
    moved = with_dates(h1=("2026-09-02", "2026-11-06"), h2=("2026-11-16", "2026-12-18"))
    assert enter(northvale, moved, actor, now) == (1, 2)
    back = with_dates(h1=("2026-09-02", "2026-10-09"), h2=("2026-10-19", "2026-12-18"))
    assert enter(northvale, back, actor, now) == (1, 2)


def test_cleared_dates_are_assumed_again(northvale: LocalAuthority, actor: Membership, now: dt.datetime) -> None:
    enter(northvale, EARLY, actor, now)
    assert clear(northvale, actor, now)
    assert calendars_of_authorities(["001"])["001"].is_assumed(YEAR)
    assert told(northvale, actor.hub)[0].splitlines()[:2] == [
        "Removed the term dates entered for Northvale for 2026/27.",
        "First half of the autumn term: was 1 September 2026 to 16 October 2026.",
    ]


def test_clearing_twice_is_clearing_once(northvale: LocalAuthority, actor: Membership, now: dt.datetime) -> None:
    enter(northvale, EARLY, actor, now)
    assert clear(northvale, actor, now)
    assert not clear(northvale, actor, now)
    assert len(told(northvale, actor.hub)) == 2


# --- A school's own -------------------------------------------------------------------------------


def test_only_what_differs_becomes_the_school_s_own(
    northvale: LocalAuthority, school: School, actor: Membership, now: dt.datetime
) -> None:
    enter(northvale, ASSUMED, actor, now)
    assert enter(school, EARLY, actor, now) == (1, 2)
    assert [one.source.kind for one in calendar_of(school).half_terms(YEAR)] == ["school"] * 2 + ["authority"] * 4
    assert told(school, actor.hub)[0].splitlines()[0] == "Entered the term dates of Ash Lane School for 2026/27."


def test_the_rest_follows_the_authority_s_corrections(
    northvale: LocalAuthority, school: School, actor: Membership, now: dt.datetime
) -> None:
    enter(school, EARLY, actor, now)
    enter(northvale, with_dates(h6=("2027-06-07", "2027-07-09")), actor, now)
    calendar = calendar_of(school)
    assert calendar.half_term(YEAR, 1).span == EARLY[1]
    assert calendar.half_term(YEAR, 6).ends_on == day("2027-07-09")


def test_entering_the_authority_s_dates_gives_up_the_school_s_own(
    northvale: LocalAuthority, school: School, actor: Membership, now: dt.datetime
) -> None:
    enter(school, EARLY, actor, now)
    assert enter(school, ASSUMED, actor, now) == (1, 2)
    assert not school.half_terms.exists()
    assert calendar_of(school).is_assumed(YEAR)


def test_entering_what_holds_anyway_makes_nothing_the_school_s_own(
    northvale: LocalAuthority, school: School, actor: Membership, now: dt.datetime
) -> None:
    assert enter(school, ASSUMED, actor, now) == ()
    assert not school.half_terms.exists()
    assert told(school, actor.hub) == []


def test_cleared_own_dates_let_the_authority_s_hold_again(
    northvale: LocalAuthority, school: School, actor: Membership, now: dt.datetime
) -> None:
    enter(northvale, ASSUMED, actor, now)
    enter(school, EARLY, actor, now)
    assert clear(school, actor, now)
    assert {one.source.kind for one in calendar_of(school).half_terms(YEAR)} == {"authority"}


# --- With a form that was opened before ----------------------------------------------------------

JULY = {6: Span(day("2027-06-07"), day("2027-07-09"))}


def test_what_was_left_as_it_was_shown_follows_the_authority_s_correction(
    northvale: LocalAuthority, school: School, actor: Membership, now: dt.datetime
) -> None:
    enter(northvale, ASSUMED, actor, now)
    enter(northvale, EARLY, actor, now)
    assert enter(school, ASSUMED | JULY, actor, now, shown=ASSUMED) == (6,)
    assert set(school.half_terms.values_list("number", flat=True)) == {6}
    assert calendar_of(school).half_term(YEAR, 1).span == EARLY[1]


def test_what_was_left_as_it_was_shown_does_not_undo_a_colleague_s_correction(
    northvale: LocalAuthority, actor: Membership, now: dt.datetime
) -> None:
    enter(northvale, EARLY, actor, now)
    assert enter(northvale, ASSUMED | JULY, actor, now, shown=ASSUMED) == (6,)
    assert calendars_of_authorities(["001"])["001"].half_term(YEAR, 1).span == EARLY[1]


def test_what_a_colleague_changed_meanwhile_is_not_overwritten(
    northvale: LocalAuthority, school: School, actor: Membership, now: dt.datetime
) -> None:
    late = with_dates(h1=("2026-09-02", "2026-10-21"))
    for of in (northvale, school):
        enter(of, EARLY, actor, now)
        with pytest.raises(
            ChangedMeanwhile, match="second half of the autumn term is now 26 October 2026 to 18"
        ) as told:
            enter(of, late, actor, now, shown=ASSUMED)
        assert [one.number for one in told.value.half_terms] == [1, 2]
        assert calendar_of(school).half_term(YEAR, 1).span == EARLY[1]
        # Having seen it, she may decide otherwise.
        assert enter(of, late | {2: EARLY[2]}, actor, now, shown=EARLY) == (1,)
        enter(of, EARLY, actor, now)


def test_the_same_correction_by_two_people_is_one(
    northvale: LocalAuthority, actor: Membership, now: dt.datetime
) -> None:
    enter(northvale, EARLY, actor, now)
    assert enter(northvale, EARLY, actor, now, shown=ASSUMED) == ()


def test_a_correction_that_does_not_go_with_what_was_changed_meanwhile_is_not_taken(
    northvale: LocalAuthority, school: School, actor: Membership, now: dt.datetime
) -> None:
    enter(northvale, with_dates(h2=("2026-10-26", "2026-12-18")), actor, now)
    with pytest.raises(ChangedMeanwhile, match="second half of the autumn term is now 26 October"):
        enter(school, with_dates(h1=("2026-09-02", "2026-10-28")), actor, now, shown=ASSUMED)
    assert not school.half_terms.exists()


# --- Under another URN ----------------------------------------------------------------------------


@pytest.fixture
def academy(school: School, actor: Membership, now: dt.datetime) -> School:
    """What a school with dates of its own has become."""
    enter(school, EARLY, actor, now)
    later = make_school("Ash Lane Academy")
    link(school.pk, "Successor", later.pk)
    rebuild()
    return later


def test_what_was_entered_under_the_earlier_urn_goes_on_beside_what_is_entered_now(
    academy: School, actor: Membership, now: dt.datetime
) -> None:
    assert enter(academy, EARLY | JULY, actor, now) == (6,)
    assert [one.source.kind for one in calendar_of(academy).half_terms(YEAR)] == (
        ["former"] * 2 + ["assumed"] * 3 + ["school"]
    )


def test_the_authority_s_dates_can_be_entered_in_place_of_those_of_the_earlier_urn(
    academy: School, school: School, actor: Membership, now: dt.datetime
) -> None:
    assert enter(academy, ASSUMED, actor, now) == (1, 2)
    assert calendar_of(academy).half_term(YEAR, 1).span == ASSUMED[1]
    assert calendar_of(school).half_term(YEAR, 1).span == EARLY[1]
    assert clear(academy, actor, now)
    assert calendar_of(academy).half_term(YEAR, 1).span == EARLY[1]


# --- Where the authority's dates run into a school's own -----------------------------------------


def test_a_school_s_half_term_that_yields_is_corrected_with_the_one_it_yields_to(
    northvale: LocalAuthority, school: School, actor: Membership, now: dt.datetime
) -> None:
    enter(school, with_dates(h1=("2026-09-02", "2026-10-30")), actor, now)
    enter(northvale, EARLY, actor, now)
    seen = {one.number: one.span for one in calendar_of(school).half_terms(YEAR)}
    assert seen[2].starts_on == day("2026-11-02")
    assert enter(school, seen | {1: Span(day("2026-09-02"), day("2026-10-23"))}, actor, now, shown=seen) == (1,)
    assert calendar_of(school).half_term(YEAR, 2).span == EARLY[2]
    assert not calendar_of(school).yielding(YEAR)


# --- Who may --------------------------------------------------------------------------------------


def test_a_specialist_may_not(hub: Hub, northvale: LocalAuthority, specialist: User, now: dt.datetime) -> None:
    member = membership_of(specialist, hub)
    for verb in (lambda: enter(northvale, EARLY, member, now), lambda: clear(northvale, member, now)):
        with pytest.raises(NotAllowed, match="cannot change what the hub knows of its schools"):
            verb()
    assert not may_change(northvale, member=member)


def test_a_hub_corrects_its_own_area_only(
    northvale: LocalAuthority, school: School, other_hub: Hub, stranger: User, now: dt.datetime
) -> None:
    member = membership_of(stranger, other_hub)
    for of in (northvale, school):
        with pytest.raises(NotAllowed, match="is not in the area of Severnmoor Maths Hub"):
            enter(of, EARLY, member, now)
        with pytest.raises(NotAllowed):
            clear(of, member, now)
    assert not HalfTerm.objects.exists()


def test_a_hub_may_say_when_a_school_teaches_that_it_added_itself(
    northvale: LocalAuthority, other_hub: Hub, stranger: User, now: dt.datetime
) -> None:
    added = make_school("New School", urn=School.FIRST_ADDED, added_by=other_hub, added_at=now)
    member = membership_of(stranger, other_hub)
    assert may_change(added, member=member)
    assert enter(added, EARLY, member, now) == (1, 2)


def test_a_school_that_another_hub_added_is_that_hub_s_to_change(
    hub: Hub, northvale: LocalAuthority, other_hub: Hub, actor: Membership, now: dt.datetime
) -> None:
    added = make_school("New School", urn=School.FIRST_ADDED, added_by=other_hub, added_at=now)
    assert not may_change(added, member=actor)


def test_two_hubs_of_one_area_correct_the_same_dates_each_with_its_own_timeline(
    northvale: LocalAuthority, other_hub: Hub, actor: Membership, now: dt.datetime
) -> None:
    HubArea.objects.create(hub=other_hub, authority=northvale)
    colleague = membership_of(make_member(other_hub, Role.HUB_LEAD, "Otto Other"), other_hub)
    enter(northvale, ASSUMED, actor, now)
    assert enter(northvale, EARLY, colleague, now) == (1, 2)
    assert len(told(northvale, actor.hub)) == len(told(northvale, other_hub)) == 1
    assert calendars_of_authorities(["001"])["001"].half_term(YEAR, 1).span == EARLY[1]


# --- What cannot be -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "where", "words"),
    [
        ({"h1": ("2026-07-31", "2026-10-23")}, (1, "starts"), "from 1 August 2026 to 31 August 2027"),
        ({"h6": ("2027-06-07", "2027-09-01")}, (6, "ends"), "from 1 August 2026 to 31 August 2027"),
        ({"h2": ("2026-11-02", "2062-12-18")}, (2, "ends"), "from 1 August 2026 to 31 August 2027"),
        ({"h1": ("2026-09-05", "2026-10-23")}, (1, "starts"), "5 September 2026 is a Saturday"),
        ({"h2": ("2026-11-02", "2026-12-20")}, (2, "ends"), "20 December 2026 is a Sunday"),
        ({"h4": ("2027-02-22", "2027-03-26")}, (4, "ends"), "26 March 2027 is a bank holiday, Good Friday"),
        ({"h1": ("2026-10-23", "2026-09-02")}, (1, "ends"), "not before its first day"),
        ({"h3": ("2027-02-09", "2027-02-12")}, (3, "ends"), "it must last a week or longer"),
        ({"h1": ("2026-08-03", "2026-10-26")}, (1, "ends"), "12 weeks at most"),
        ({"h2": ("2026-10-23", "2026-12-18")}, (2, "starts"), "after 23 October 2026: the first half of the autumn"),
        ({"h5": ("2027-04-12", "2027-06-07")}, (6, "starts"), "after 7 June 2027"),
    ],
)
def test_a_slip_is_refused_at_the_day_where_it_was_made(
    northvale: LocalAuthority, actor: Membership, now: dt.datetime,
    changed: dict[str, tuple[str, str]], where: tuple[int, str], words: str,
) -> None:  # fmt: skip
    found = refusals(northvale, with_dates(**changed), actor, now)
    assert list(found) == [where]
    assert words in found[where]
    assert not HalfTerm.objects.exists()


def test_a_week_and_twelve_weeks_are_the_limits(northvale: LocalAuthority, actor: Membership, now: dt.datetime) -> None:
    week = with_dates(h3=("2027-02-08", "2027-02-12"))
    assert enter(northvale, week, actor, now)
    twelve = with_dates(h1=("2026-08-03", "2026-10-23"))
    assert enter(northvale, twelve, actor, now)


def test_half_terms_in_the_wrong_order_are_refused(
    northvale: LocalAuthority, actor: Membership, now: dt.datetime
) -> None:
    found = refusals(northvale, ASSUMED | {1: ASSUMED[2], 2: ASSUMED[1]}, actor, now)
    assert set(found) == {(2, "starts")}


def test_years_do_not_run_into_one_another(northvale: LocalAuthority, actor: Membership, now: dt.datetime) -> None:
    next_year = dict(enumerate(assumed_half_terms(YEAR + 1), start=1))
    enter(northvale, next_year | {1: Span(day("2027-08-16"), day("2027-10-22"))}, actor, now, year=YEAR + 1)

    late = refusals(northvale, with_dates(h6=("2027-06-07", "2027-08-20")), actor, now)
    assert "the first half of the autumn term 2027/28 begins then" in late[6, "ends"]

    enter(northvale, with_dates(h6=("2027-06-07", "2027-08-13")), actor, now)
    early = next_year | {1: Span(day("2027-08-09"), day("2027-10-22"))}
    with pytest.raises(DatesRefused, match="second half of the summer term 2026/27 ends then"):
        enter(northvale, early, actor, now, year=YEAR + 1)
