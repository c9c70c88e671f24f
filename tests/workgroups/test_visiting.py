from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from hubs import tenancy
from hubs.models import Hub, Membership, Role, User
from hubs.permissions import NotAllowed
from tests import factories, work
from tests.locks import begin_meanwhile
from tests.workgroups.visits import a_log, at, entries_of, group_of, letters_about, place_in
from workgroups import completing, forming, placing, visiting
from workgroups.happenings import VisitHeld, visit_held
from workgroups.models import (
    AgreedAction,
    InternalNote,
    Participant,
    Place,
    PlaceState,
    SchoolLink,
    Visit,
    VisitDraft,
    VisitState,
    WorkGroup,
)
from workgroups.visiting import ActionAgreed, CannotVisit, VisitLog

THEN = at("2026-12-01 09:30")


@pytest.fixture
def group(hub: Hub, specialist: User) -> WorkGroup:
    return group_of(hub, specialist)


@pytest.fixture
def place(group: WorkGroup) -> Place:
    return place_in(group)


@pytest.fixture
def actor(specialist: User, hub: Hub) -> Membership:
    """The Specialist who leads the group of the place."""
    return factories.membership_of(specialist, hub)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[VisitHeld]:
    """What the rooms above are told."""
    heard: list[VisitHeld] = []
    monkeypatch.setattr(visit_held, "_listeners", [heard.append])
    return heard


@pytest.fixture
def derived(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How often the reminders were to be derived anew."""
    times: list[int] = []
    monkeypatch.setattr("correspondence.reminders.derive_soon", lambda: times.append(1))
    return times


def arrange(place: Place, actor: Membership, now: dt.datetime, **fields: Any) -> Visit:
    with tenancy.use(place.hub):
        values = {"term": 1, "number": 1, "starts_at": THEN, "half_days": 1, **fields}
        return visiting.arrange_visit(place=place, actor=actor, now=now, **values)


def log(place: Place, actor: Membership, now: dt.datetime, what: VisitLog | None = None, **fields: Any) -> Visit:
    with tenancy.use(place.hub):
        values = {"term": 1, "number": 1, **fields}
        return visiting.log_visit(place=place, log=what or a_log(), actor=actor, now=now, **values)


def move(visit: Visit, actor: Membership, now: dt.datetime, starts_at: dt.datetime, half_days: int = 1) -> None:
    with tenancy.use(visit.hub):
        visiting.move_visit(visit=visit, starts_at=starts_at, half_days=half_days, actor=actor, now=now)


def miss(visit: Visit, actor: Membership, now: dt.datetime, reason: str = "The school was closed.") -> None:
    with tenancy.use(visit.hub):
        visiting.miss_visit(visit=visit, reason=reason, actor=actor, now=now)


def give_up(
    place: Place, actor: Membership, now: dt.datetime, reason: str = "The school asked for none.", **fields: Any
) -> Visit:
    with tenancy.use(place.hub):
        values = {"term": 1, "number": 1, **fields}
        return visiting.give_up_visit(place=place, reason=reason, actor=actor, now=now, **values)


def put_right(visit: Visit, actor: Membership, now: dt.datetime, what: VisitLog, reason: str = "A slip.") -> None:
    with tenancy.use(visit.hub):
        visiting.put_right_visit(visit=visit, log=what, reason=reason, actor=actor, now=now)


def reload(visit: Visit) -> Visit:
    with tenancy.use(visit.hub):
        return Visit.objects.select_related("hub", "specialist").get(pk=visit.pk)


def everything(hub: Hub) -> list[Any]:
    """All rows that a refused verb must leave as they are."""
    with tenancy.use(hub):
        kinds = (Visit, AgreedAction, InternalNote, VisitDraft, SchoolLink)
        return [sorted(kind.objects.values_list(), key=str) for kind in kinds]


# --- Arranging ------------------------------------------------------------------------------------


def test_a_visit_is_arranged_by_the_specialist_of_the_group(
    place: Place, actor: Membership, now: dt.datetime, derived: list[int]
) -> None:
    visit = reload(arrange(place, actor, now))
    assert (visit.state, visit.starts_at, visit.specialist.user) == (VisitState.ARRANGED, THEN, actor.user)
    assert (visit.term, visit.number, visit.sequence) == (1, 1, 0)
    assert entries_of(visit) == ["Arranged for Tuesday 1 December 2026, 9:30am, ½ day."]
    assert entries_of(place) == ["Autumn visit: arranged for Tuesday 1 December 2026, 9:30am, ½ day."]
    assert len(derived) == 1


def test_arranged_twice_the_same_makes_one(
    place: Place, actor: Membership, now: dt.datetime, derived: list[int]
) -> None:
    first, second = arrange(place, actor, now), arrange(place, actor, now)
    assert first == second
    assert len(entries_of(first)) == 1 and len(derived) == 1


def test_a_second_visit_in_a_slot_is_refused_and_told_what_to_do(
    place: Place, actor: Membership, now: dt.datetime
) -> None:
    arrange(place, actor, now)
    with pytest.raises(CannotVisit, match=r"arranged already, for Tuesday 1 December 2026, 9:30am\. Move it"):
        arrange(place, actor, now, starts_at=THEN + dt.timedelta(days=1))


def test_a_day_that_has_passed_is_not_arranged_for_but_today_is(
    place: Place, actor: Membership, now: dt.datetime
) -> None:
    with pytest.raises(CannotVisit, match=r"has passed\. Choose a day to come or, if the visit was then, log it"):
        arrange(place, actor, now, starts_at=now - dt.timedelta(days=1))
    assert arrange(place, actor, now, starts_at=now - dt.timedelta(hours=1)).state == VisitState.ARRANGED


def test_without_a_group_no_visit_is_arranged(hub: Hub, lead: User, now: dt.datetime) -> None:
    waiting = work.make_place(hub, year=2026)
    with pytest.raises(CannotVisit, match="in no Work Group"):
        arrange(waiting, factories.membership_of(lead, hub), now)


def test_a_visit_beyond_the_stages_is_the_next_one(place: Place, actor: Membership, now: dt.datetime) -> None:
    assert arrange(place, actor, now, number=2).number == 2
    with pytest.raises(CannotVisit):
        arrange(place, actor, now, number=4)


# --- Moving and missing ---------------------------------------------------------------------------


def test_a_moved_visit_keeps_its_identity_and_raises_its_number_in_calendars(
    place: Place, actor: Membership, now: dt.datetime, derived: list[int]
) -> None:
    visit = arrange(place, actor, now)
    move(visit, actor, now, at("2026-12-08 13:30"), half_days=2)
    moved = reload(visit)
    assert (moved.starts_at, moved.half_days, moved.uuid) == (at("2026-12-08 13:30"), 2, visit.uuid)
    assert moved.sequence == 1
    assert entries_of(visit)[-1] == (
        "Moved to Tuesday 8 December 2026, 1:30pm, 1 day. It was to be on Tuesday 1 December 2026, 9:30am."
    )
    assert len(derived) == 2


def test_moved_to_where_it_is_nothing_happens(
    place: Place, actor: Membership, now: dt.datetime, derived: list[int]
) -> None:
    visit = arrange(place, actor, now)
    move(visit, actor, now, THEN)
    assert reload(visit).sequence == 0
    assert len(entries_of(visit)) == 1 and len(derived) == 1


def test_a_visit_is_not_moved_into_the_past(place: Place, actor: Membership, now: dt.datetime) -> None:
    visit = arrange(place, actor, now)
    with pytest.raises(CannotVisit, match="has passed"):
        move(visit, actor, now, now - dt.timedelta(days=1))


def test_a_visit_is_not_moved_where_the_school_has_left(
    hub: Hub, place: Place, actor: Membership, lead: User, now: dt.datetime
) -> None:
    to_log = arrange(place, actor, at("2026-11-02 09:00"), starts_at=at("2026-11-10 09:00"))
    hub_lead = factories.membership_of(lead, hub)
    with tenancy.use(hub):
        placing.leave(place=place, on=now.date(), reason="A new head.", actor=hub_lead, now=now)
    before = everything(hub)
    with pytest.raises(CannotVisit, match="in no Work Group"):
        move(to_log, hub_lead, now, THEN)
    assert everything(hub) == before


def test_a_missed_visit_leaves_its_slot_for_another(
    place: Place, actor: Membership, now: dt.datetime, derived: list[int]
) -> None:
    visit = arrange(place, actor, now)
    miss(visit, actor, now)
    missed = reload(visit)
    assert (missed.state, missed.missed_reason, missed.sequence) == (
        VisitState.MISSED,
        "The school was closed.",
        1,
    )
    another = arrange(place, actor, now, starts_at=THEN + dt.timedelta(days=7))
    assert another != visit
    assert entries_of(place)[1].startswith("Autumn visit: did not take place on Tuesday 1 December")
    assert len(derived) == 3


def test_missed_twice_keeps_the_first_reason(place: Place, actor: Membership, now: dt.datetime) -> None:
    visit = arrange(place, actor, now)
    miss(visit, actor, now)
    miss(visit, actor, now)
    with pytest.raises(CannotVisit, match="did not take place: The school was closed"):
        miss(visit, actor, now, "Another reason.")
    assert reload(visit).missed_reason == "The school was closed."
    assert len(entries_of(visit)) == 2


def test_a_reason_is_needed_to_miss_a_visit(place: Place, actor: Membership, now: dt.datetime) -> None:
    visit = arrange(place, actor, now)
    with pytest.raises(ValueError, match="reason"):
        miss(visit, actor, now, "  ")
    assert reload(visit).state == VisitState.ARRANGED


def test_what_is_held_or_missed_is_neither_moved_nor_missed(place: Place, actor: Membership, now: dt.datetime) -> None:
    held = log(place, actor, now)
    missed = arrange(place, actor, now, number=2)
    miss(missed, actor, now)
    before = everything(place.hub)
    for visit in (held, missed):
        with pytest.raises(CannotVisit):
            move(visit, actor, now, THEN + dt.timedelta(days=3))
    with pytest.raises(CannotVisit, match="logged already"):
        miss(held, actor, now)
    assert everything(place.hub) == before


def test_a_visit_that_was_never_arranged_is_marked_as_missed_once(
    place: Place, actor: Membership, now: dt.datetime, derived: list[int]
) -> None:
    visit = give_up(place, actor, now)
    assert give_up(place, actor, now) == visit
    with pytest.raises(CannotVisit, match="already: The school asked for none"):
        give_up(place, actor, now, "Another reason.")
    assert (visit.state, visit.was_arranged, visit.missed_reason) == ("missed", False, "The school asked for none.")
    assert entries_of(place)[-1] == "Autumn visit: marked as missed: The school asked for none."
    assert len(derived) == len(entries_of(visit)) == 1


def test_a_visit_that_is_marked_as_missed_is_arranged_or_logged_all_the_same(
    place: Place, actor: Membership, now: dt.datetime
) -> None:
    given_up = give_up(place, actor, now)
    with pytest.raises(CannotVisit, match="is marked as missed"):
        move(given_up, actor, now, THEN)
    arranged = arrange(place, actor, now)
    miss(arranged, actor, now)
    again = give_up(place, actor, now, "Nobody has time.")
    assert (again.missed_reason, again.pk != given_up.pk) == ("Nobody has time.", True)
    assert log(place, actor, now).state == VisitState.HELD


def test_at_a_school_whose_completion_is_decided_on_nothing_is_given_up(
    hub: Hub, place: Place, lead: User, now: dt.datetime
) -> None:
    hub_lead = factories.membership_of(lead, hub)
    miss(arrange(place, hub_lead, now), hub_lead, now)
    with tenancy.use(hub):
        completing.complete(place=place, on=now.date(), reason="It took part.", actor=hub_lead, now=now)
    with pytest.raises(CannotVisit, match="No autumn visit"):
        give_up(place, hub_lead, now)


def test_what_stands_or_is_not_due_is_not_given_up(
    place: Place, actor: Membership, lead: User, hub: Hub, now: dt.datetime
) -> None:
    arrange(place, actor, now)
    before = everything(place.hub)
    refusals = [(1, 1, "is arranged already"), (1, 2, "No autumn visit 2"), (2, 1, "No spring visit")]
    for term, number, said in refusals:
        with pytest.raises(CannotVisit, match=said):
            give_up(place, actor, now, term=term, number=number)
    with pytest.raises(ValueError, match="reason"):
        give_up(place, actor, now, " ", term=3)
    other = factories.make_member(hub, Role.MASTERY_SPECIALIST, "Olga Other")
    with pytest.raises(NotAllowed):
        give_up(place, factories.membership_of(other, hub), now)
    assert everything(place.hub) == before


@pytest.mark.parametrize(
    ("verb", "why"),
    [(placing.leave, "the school has left"), (placing.take_out, "the school was taken out of its group")],
)
def test_when_a_school_goes_the_visits_to_come_are_called_off_and_those_before_are_not(
    hub: Hub, place: Place, actor: Membership, lead: User, now: dt.datetime, verb: Callable[..., None], why: str
) -> None:
    to_log = arrange(place, actor, at("2026-11-02 09:00"), starts_at=at("2026-11-10 09:00"))
    coming = arrange(place, actor, now, term=2, starts_at=at("2027-01-12 09:00"))
    hub_lead = factories.membership_of(lead, hub)
    with tenancy.use(hub):
        for _ in range(2):
            verb(place=place, on=now.date(), reason="A new head.", actor=hub_lead, now=now)
    assert [(one.state, one.sequence) for one in (reload(to_log), reload(coming))] == [("arranged", 0), ("missed", 1)]
    assert entries_of(coming)[-1] == f"Called off for Tuesday 12 January 2027, 9am: {why}."
    assert len(entries_of(coming)) == 2


# --- Logging --------------------------------------------------------------------------------------


def test_a_log_is_kept_as_it_was_written_and_told(
    place: Place, actor: Membership, now: dt.datetime, told: list[VisitHeld], derived: list[int]
) -> None:
    arranged = arrange(place, actor, at("2026-11-02 09:00"), starts_at=at("2026-11-10 09:00"))
    visit = reload(log(place, actor, now))
    assert visit == arranged
    assert (visit.state, visit.starts_at, visit.held_recorded_at) == (VisitState.HELD, at("2026-11-10 09:30"), now)
    assert (visit.half_days, visit.teachers_half_days, visit.sequence) == (1, 2, 1)
    with tenancy.use(place.hub):
        note = InternalNote.objects.get(visit=visit)
        [action] = AgreedAction.objects.filter(visit=visit)
    assert (note.text, note.written_by, note.written_at) == ("The head is about to leave.", actor.user, now)
    assert (action.text, action.who, action.due_on, action.place_id, action.done_on) == (
        "Draw bars in every lesson",
        "Tess Teacher",
        dt.date(2027, 1, 15),
        place.pk,
        None,
    )
    assert [(one.visit, one.actor, one.reason) for one in told] == [(visit, actor, "")]
    assert entries_of(place)[-1] == "Autumn visit: held on Tuesday 10 November 2026, 9:30am, ½ day."
    assert len(derived) == 2


def test_a_visit_that_nobody_had_arranged_can_be_logged(
    place: Place, actor: Membership, now: dt.datetime, told: list[VisitHeld]
) -> None:
    visit = reload(log(place, actor, now, term=1))
    assert (visit.state, visit.specialist.user, visit.sequence) == (VisitState.HELD, actor.user, 0)
    assert len(told) == 1


def test_a_visit_that_is_logged_later_is_of_who_led_the_schools_group_on_that_day(
    hub: Hub, group: WorkGroup, place: Place, lead: User, now: dt.datetime
) -> None:
    hub_lead, other = factories.membership_of(lead, hub), group_of(hub)
    nell = work.make_specialist(hub, "Nell Next")
    with tenancy.use(hub):
        forming.change_group(
            group=group, name=group.name, specialist=nell, size_limit=9, actor=hub_lead, now=at("2026-10-20 12:00")
        )
        moved = dt.date(2026, 11, 12)
        placing.move(place=place, group=other, on=moved, reason="Nearer.", actor=hub_lead, now=now)
    days = ("2026-10-13 09:30", "2026-10-27 09:30", "2026-11-17 09:30")
    visits = [log(place, hub_lead, now, a_log(starts_at=at(day)), number=n) for n, day in enumerate(days, start=1)]
    assert [visit.specialist for visit in visits] == [group.specialist, nell, other.specialist]


def test_sent_twice_makes_one(place: Place, actor: Membership, now: dt.datetime, told: list[VisitHeld]) -> None:
    first = log(place, actor, now)
    before = everything(place.hub)
    again = a_log(shared_note="  We looked at bar models in Year 4. ", actions=(*a_log().actions, ActionAgreed(" ")))
    assert log(place, actor, now + dt.timedelta(minutes=1), again) == first
    assert everything(place.hub) == before
    assert (len(told), len(letters_about(first)), len(entries_of(first))) == (1, 3, 1)


@pytest.mark.parametrize(
    "other",
    [
        {"starts_at": at("2026-11-10 10:00")},
        {"half_days": 2},
        {"teachers_half_days": 1},
        {"met": "The head"},
        {"shared_note": "Something else."},
        {"internal_note": ""},
        {"actions": ()},
    ],
)
def test_another_log_of_a_held_visit_is_refused(
    place: Place, actor: Membership, now: dt.datetime, told: list[VisitHeld], other: dict[str, Any]
) -> None:
    log(place, actor, now)
    before = everything(place.hub)
    with pytest.raises(CannotVisit, match=r"logged already.*Put it right"):
        log(place, actor, now, a_log(**other))
    assert everything(place.hub) == before
    assert len(told) == 1


def test_a_log_of_a_time_to_come_is_refused(place: Place, actor: Membership, now: dt.datetime) -> None:
    with pytest.raises(CannotVisit, match="still to come"):
        log(place, actor, now, a_log(starts_at=now + dt.timedelta(minutes=1)))
    assert everything(place.hub)[0] == []


@pytest.mark.parametrize("missing", ["met", "shared_note"])
def test_a_log_says_whom_she_met_and_something_for_the_school(
    place: Place, actor: Membership, now: dt.datetime, missing: str
) -> None:
    with pytest.raises(ValueError, match="note for the school"):
        log(place, actor, now, a_log(**{missing: " \n"}))
    assert everything(place.hub)[0] == []


def test_without_an_internal_note_none_is_kept(place: Place, actor: Membership, now: dt.datetime) -> None:
    log(place, actor, now, a_log(internal_note=""))
    with tenancy.use(place.hub):
        assert not InternalNote.objects.exists()


def test_what_was_found_done_is_done_on_the_day_of_the_visit(
    group: WorkGroup, place: Place, actor: Membership, now: dt.datetime
) -> None:
    first = log(place, actor, now, a_log(starts_at=at("2026-10-06 09:30")))
    elsewhere = work.make_action(work.make_visit(place_in(group)))
    done, left = work.make_action(first), work.make_action(first)
    log(place, actor, now, number=2, done=frozenset({done.pk, elsewhere.pk}))
    with tenancy.use(place.hub):
        for action in (done, left, elsewhere):
            action.refresh_from_db()
    assert [action.done_on for action in (done, left, elsewhere)] == [dt.date(2026, 11, 10), None, None]


def test_ones_own_draft_goes_with_the_log_and_anothers_stays(
    place: Place, actor: Membership, lead: User, now: dt.datetime
) -> None:
    with tenancy.use(place.hub):
        for author, number in ((actor.user, 1), (lead, 1), (actor.user, 2)):
            VisitDraft.objects.create(
                hub=place.hub, place=place, term=1, number=number, author=author, answers={}, saved_at=now
            )
    log(place, actor, now)
    with tenancy.use(place.hub):
        assert sorted(VisitDraft.objects.values_list("author", "number")) == sorted([(lead.pk, 1), (actor.user.pk, 2)])


def test_after_a_missed_visit_the_slot_is_logged_anew(place: Place, actor: Membership, now: dt.datetime) -> None:
    missed = arrange(place, actor, now)
    miss(missed, actor, now)
    held = log(place, actor, now)
    assert held != missed
    assert reload(missed).state == VisitState.MISSED


def test_the_specialist_of_the_group_of_that_day_is_who_visited(
    hub: Hub, place: Place, actor: Membership, lead: User, now: dt.datetime
) -> None:
    arrange(place, actor, now - dt.timedelta(days=20), starts_at=at("2026-11-10 09:30"))
    other, hub_lead = group_of(hub), factories.membership_of(lead, hub)
    with tenancy.use(hub):
        placing.move(place=place, group=other, on=now.date(), reason="Nearer.", actor=hub_lead, now=now)
    assert reload(log(place, hub_lead, now)).specialist.user == actor.user
    after = a_log(starts_at=now - dt.timedelta(hours=1))
    assert reload(log(place, hub_lead, now, after, number=2)).specialist == other.specialist


def test_a_visit_that_was_not_made_and_is_moved_to_a_day_to_come_is_the_specialists_of_today(
    hub: Hub, place: Place, actor: Membership, lead: User, now: dt.datetime
) -> None:
    visit = arrange(place, actor, now - dt.timedelta(days=20), starts_at=at("2026-11-10 09:30"))
    other, hub_lead = group_of(hub), factories.membership_of(lead, hub)
    with tenancy.use(hub):
        placing.move(place=place, group=other, on=now.date(), reason="Nearer.", actor=hub_lead, now=now)
        assert reload(visit).specialist.user == actor.user
        visiting.move_visit(
            visit=visit, starts_at=now + dt.timedelta(days=5), half_days=1, actor=hub_lead, now=now
        )  # fmt: skip
    assert reload(visit).specialist == other.specialist


def test_a_visit_arranged_before_the_school_left_can_still_be_logged(
    hub: Hub, place: Place, actor: Membership, lead: User, now: dt.datetime
) -> None:
    visit = arrange(place, actor, now - dt.timedelta(days=20), starts_at=at("2026-11-10 09:30"))
    with tenancy.use(hub):
        Place.objects.filter(pk=place.pk).update(state=PlaceState.LEFT, group=None, specialist_school=None)
    hub_lead = factories.membership_of(lead, hub)
    log(place, hub_lead, now)
    assert reload(visit).state == VisitState.HELD and reload(visit).specialist.user == actor.user
    with pytest.raises(CannotVisit, match="in no Work Group"):
        log(place, hub_lead, now, number=2)


# --- Letters --------------------------------------------------------------------------------------


def test_head_and_lead_teachers_are_told_each_by_her_own_link(
    place: Place, actor: Membership, now: dt.datetime
) -> None:
    visit = log(place, actor, now)
    sent = letters_about(visit)
    with tenancy.use(place.hub):
        links = {link.email: link for link in SchoolLink.objects.filter(place=place)}
        teachers = list(place.participants.order_by("position").values_list("email", flat=True))
    assert [letter.recipients for letter in sent] == [["head@school.example"], *([one] for one in teachers)]
    for letter in sent:
        assert letter.kind == "visit-note"
        assert letter.subject == f"The note on our visit is on your page: {place.school.name}"
        assert f"{actor.user.name} visited {place.school.name} on Tuesday 10 November 2026." in letter.text
        own = links[letter.recipients[0]]
        assert f"/school/{place.hub_id}.{own.pk}~" in letter.text
        assert letter.text.count("/school/") == 1
        assert "The head is about to leave" not in letter.text + letter.subject
    assert sent[0].text.startswith("Dear Hana Head,")


def test_those_who_share_an_address_get_one_letter(place: Place, actor: Membership, now: dt.datetime) -> None:
    with tenancy.use(place.hub):
        Participant.objects.filter(place=place, position=1).update(email="HEAD@school.example")
    visit = log(place, actor, now)
    assert len(letters_about(visit)) == 2


def test_a_teacher_who_has_left_is_not_written_to(place: Place, actor: Membership, now: dt.datetime) -> None:
    with tenancy.use(place.hub):
        Participant.objects.filter(place=place, position=1).update(ends_on=now.date())
    assert len(letters_about(log(place, actor, now))) == 2


def test_letters_name_the_school_as_it_is_called_today(place: Place, actor: Membership, now: dt.datetime) -> None:
    factories.go_on_as(place.school, factories.make_school("Birch Academy"))
    assert "visited Birch Academy on" in letters_about(log(place, actor, now))[0].text


# --- Putting right --------------------------------------------------------------------------------


def test_a_correction_of_the_time_spent_is_told_with_its_reason(
    place: Place, actor: Membership, now: dt.datetime, told: list[VisitHeld]
) -> None:
    visit = log(place, actor, now)
    put_right(visit, actor, now, a_log(half_days=2, teachers_half_days=0), "It took the whole day.")
    assert (reload(visit).half_days, reload(visit).teachers_half_days) == (2, 0)
    assert [(one.visit, one.visit.half_days, one.reason) for one in told[1:]] == [(visit, 2, "It took the whole day.")]
    assert entries_of(visit)[-1] == (
        "Put right: length 1 day, not ½ day, lead teachers’ release 0 days, not 1 day. It took the whole day."
    )
    assert len(letters_about(visit)) == 3


def test_a_correction_of_words_is_no_matter_of_the_ledger(
    place: Place, actor: Membership, now: dt.datetime, told: list[VisitHeld]
) -> None:
    visit = log(place, actor, now)
    put_right(visit, actor, now, a_log(shared_note="Bar models in Year 5.", internal_note="", actions=()))
    assert len(told) == 1
    assert reload(visit).shared_note == "Bar models in Year 5."
    assert entries_of(visit)[-1] == (
        "Put right: note for the school changed, internal note changed, agreed actions changed. A slip."
    )
    with tenancy.use(place.hub):
        assert not InternalNote.objects.exists() and not AgreedAction.objects.exists()


def test_the_internal_note_is_not_on_any_timeline(place: Place, actor: Membership, now: dt.datetime) -> None:
    visit = log(place, actor, now)
    put_right(visit, actor, now, a_log(internal_note="The head has left."))
    assert "head" not in " ".join(entries_of(visit) + entries_of(place))


def test_put_right_to_what_it_says_nothing_happens(place: Place, actor: Membership, now: dt.datetime) -> None:
    visit = log(place, actor, now)
    before = everything(place.hub)
    put_right(visit, actor, now + dt.timedelta(days=1), a_log())
    assert everything(place.hub) == before
    assert len(entries_of(visit)) == 1


def test_actions_are_put_right_one_by_one_and_what_is_done_stays(
    place: Place, actor: Membership, now: dt.datetime
) -> None:
    visit = log(place, actor, now, a_log(actions=tuple(map(ActionAgreed, ("Done", "Dropped", "Changed")))))
    with tenancy.use(place.hub):
        keys = dict(AgreedAction.objects.values_list("text", "pk"))
        AgreedAction.objects.filter(text="Done").update(done_on=now.date())
    actions = (ActionAgreed("Changed to this", "Tess", key=keys["Changed"]), ActionAgreed("New"))
    put_right(visit, actor, now, a_log(actions=actions))
    with tenancy.use(place.hub):
        rows = list(AgreedAction.objects.values_list("pk", "text", "who", "position", "done_on"))
    assert rows[:2] == [
        (keys["Done"], "Done", "", 1, now.date()),
        (keys["Changed"], "Changed to this", "Tess", 3, None),
    ]
    assert [row[1:] for row in rows[2:]] == [("New", "", 4, None)]


def test_anothers_action_is_not_put_right_with_it(
    group: WorkGroup, place: Place, actor: Membership, now: dt.datetime
) -> None:
    visit = log(place, actor, now)
    foreign = work.make_action(work.make_visit(place_in(group)), "Somebody else’s")
    put_right(visit, actor, now, a_log(actions=(ActionAgreed("Mine", key=foreign.pk),)))
    with tenancy.use(place.hub):
        foreign.refresh_from_db()
        assert foreign.text == "Somebody else’s"
        assert [action.text for action in visit.actions.all()] == ["Mine"]


def test_only_what_was_held_is_put_right(place: Place, actor: Membership, now: dt.datetime) -> None:
    visit = arrange(place, actor, now)
    with pytest.raises(CannotVisit, match="arranged already"):
        put_right(visit, actor, now, a_log())


def test_a_correction_needs_a_reason_and_no_time_to_come(place: Place, actor: Membership, now: dt.datetime) -> None:
    visit = log(place, actor, now)
    before = everything(place.hub)
    with pytest.raises(ValueError, match="reason"):
        put_right(visit, actor, now, a_log(half_days=2), reason=" ")
    with pytest.raises(CannotVisit, match="still to come"):
        put_right(visit, actor, now, a_log(starts_at=now + dt.timedelta(days=1)))
    assert everything(place.hub) == before


# --- Who may --------------------------------------------------------------------------------------


Verb = Callable[[Place, Visit, Membership, dt.datetime], Any]
VERBS: list[Verb] = [
    lambda place, visit, actor, now: arrange(place, actor, now, number=2),
    lambda place, visit, actor, now: log(place, actor, now),
    lambda place, visit, actor, now: move(visit, actor, now, THEN + dt.timedelta(days=1)),
    lambda place, visit, actor, now: miss(visit, actor, now),
]


@pytest.mark.parametrize("verb", VERBS)
def test_another_specialist_and_finance_may_nothing_and_the_hubs_people_may(
    hub: Hub, place: Place, finance: User, lead: User, now: dt.datetime, verb: Verb
) -> None:
    other = factories.make_member(hub, "mastery_specialist", "Olga Other")  # type: ignore[arg-type]
    group_of(hub, other)
    visit = work.make_visit(place, starts_at=THEN)
    before = everything(hub)
    for person, reason in ((other, "another Mastery Specialist"), (finance, "cannot lead Work Groups")):
        with pytest.raises(NotAllowed, match=reason):
            verb(place, visit, factories.membership_of(person, hub), now)
    assert everything(hub) == before
    verb(place, visit, factories.membership_of(lead, hub), now)
    assert everything(hub) != before


def test_putting_right_is_for_the_same_people(
    hub: Hub, place: Place, actor: Membership, finance: User, lead: User, now: dt.datetime
) -> None:
    visit = log(place, actor, now)
    with pytest.raises(NotAllowed):
        put_right(visit, factories.membership_of(finance, hub), now, a_log(half_days=2))
    put_right(visit, factories.membership_of(lead, hub), now, a_log(half_days=2))
    assert reload(visit).half_days == 2


def test_a_member_of_another_hub_acts_nowhere_else(place: Place, stranger: User, other_hub: Hub) -> None:
    with pytest.raises(tenancy.AnotherHubActive):
        arrange(place, factories.membership_of(stranger, other_hub), timezone.now(), starts_at=THEN)


# --- At once --------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("words", ["We looked at bar models in Year 4.", "Something else."])
def test_two_clicks_at_once_make_one_and_two_people_at_once_are_told(
    place: Place, actor: Membership, lead: User, now: dt.datetime, words: str
) -> None:
    refused: list[str] = []

    def meanwhile() -> None:
        try:
            log(place, factories.membership_of(lead, place.hub), now, a_log(shared_note=words))
        except CannotVisit as refusal:
            refused.append(str(refusal))

    with tenancy.use(place.hub):
        visit = log(place, actor, now)
        other = begin_meanwhile(meanwhile)
        assert other.is_alive()
    other.join()
    with tenancy.use(place.hub):
        assert [one.pk for one in Visit.objects.all()] == [visit.pk]
    assert len(letters_about(visit)) == 3
    assert len(refused) == (1 if words == "Something else." else 0)
