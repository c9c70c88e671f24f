from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain, repeat
from typing import Any

import pytest

from correspondence.models import Message
from hubs import tenancy, timeline
from hubs.models import Hub
from programmes import applying
from programmes.applying import Contact, Headteacher, Teacher
from programmes.models import AgreedPromise, ExpressionOfInterest, LeadTeacher, RecruitmentWindow, State
from programmes.references import new_reference
from tests import factories
from tests.locks import begin_meanwhile
from tests.programmes.conftest import reload

DAY = dt.timedelta(days=1)
CONTACT = Contact(
    name="Cora Contact", role="Maths lead", email="cora@school.example", phone="01632 960002", is_head=False
)
TEACHER = Teacher(name="Tess Teacher", role="Year 4", year_group="Year 4", email="tess@school.example", trn="1234567")


def submit(draft: ExpressionOfInterest, now: dt.datetime) -> ExpressionOfInterest:
    with tenancy.use(draft.hub_id):
        return applying.submit(draft=draft, now=now)


def move(window: RecruitmentWindow, **moments: dt.datetime | None) -> None:
    with tenancy.use(window.hub_id):
        RecruitmentWindow.objects.filter(pk=window.pk).update(**moments)


def messages_of(hub: Hub) -> list[Message]:
    with tenancy.use(hub):
        return list(Message.objects.order_by("pk"))


def timeline_of(expression: ExpressionOfInterest) -> list[tuple[str, str]]:
    with tenancy.use(expression.hub_id):
        return [(entry.actor_name, entry.text) for entry in timeline.entries_of(expression)]


def answers_of(draft: ExpressionOfInterest) -> dict[str, object]:
    """All that a school has typed."""
    with tenancy.use(draft.hub_id):
        found = ExpressionOfInterest.objects.get(pk=draft.pk)
        typed = ("contact_", "head_", "school_")
        fields = {name: value for name, value in vars(found).items() if name.startswith(typed)}
        teachers = list(found.lead_teachers.values_list("position", "name", "role", "year_group", "email", "trn"))
        promises = list(found.agreed_promises.values_list("position", "wording"))
    return {**fields, "teachers": teachers, "promises": promises}


# --- Starting --------------------------------------------------------------------------------


@pytest.mark.parametrize("moment", ["before it opens", "after it has closed"])
def test_outside_the_window_nothing_can_be_started(window: RecruitmentWindow, moment: str) -> None:
    now = window.opens_at - DAY if moment == "before it opens" else window.closes_at

    with pytest.raises(applying.NotTaking), tenancy.use(window.hub):
        applying.start(window=window, school=factories.make_school(), now=now)

    with tenancy.use(window.hub):
        assert not ExpressionOfInterest.objects.exists()


def test_starting_makes_an_empty_draft_of_the_hub(window: RecruitmentWindow, now: dt.datetime) -> None:
    school = factories.make_school()
    with tenancy.use(window.hub):
        draft = applying.start(window=window, school=school, now=now)

    assert (draft.hub, draft.school, draft.state, draft.reference) == (window.hub, school, State.DRAFT, None)
    assert messages_of(window.hub) == []


# --- Answering -------------------------------------------------------------------------------


def test_each_answer_is_kept_and_touches_the_draft(draft: ExpressionOfInterest, now: dt.datetime) -> None:
    later = now + DAY
    school = factories.make_school("Mill Road School")
    with tenancy.use(draft.hub):
        applying.change_school(draft=draft, school=school, now=later)
        applying.save_contact(draft=draft, contact=CONTACT, now=later)
        applying.save_headteacher(draft=draft, headteacher=Headteacher("Hugo Head", "hugo@school.example"), now=later)
        applying.save_lead_teacher(draft=draft, position=2, teacher=TEACHER, now=later)

    found = answers_of(draft)

    assert found["school_id"] == school.pk
    assert found["contact_name"] == "Cora Contact"
    assert found["contact_phone"] == "01632 960002"
    assert found["contact_is_head"] is False
    assert (found["head_name"], found["head_email"]) == ("Hugo Head", "hugo@school.example")
    assert found["teachers"] == [
        (1, "Teacher 1", "Class teacher", "", "teacher1@school.example", ""),
        (2, "Tess Teacher", "Year 4", "Year 4", "tess@school.example", "1234567"),
    ]
    assert reload(draft).touched_at == later


def test_a_contact_who_becomes_the_head_clears_the_heads_fields(draft: ExpressionOfInterest, now: dt.datetime) -> None:
    head = Contact(name="Hana Head", role="Headteacher", email="hana@school.example", phone="1", is_head=True)
    with tenancy.use(draft.hub):
        applying.save_contact(draft=draft, contact=head, now=now)

    changed = reload(draft)
    assert (changed.head_name, changed.head_email) == ("", "")
    assert (changed.headteacher_name, changed.headteacher_email) == ("Hana Head", "hana@school.example")


def test_a_contact_who_is_not_the_head_keeps_the_heads_fields(draft: ExpressionOfInterest, now: dt.datetime) -> None:
    with tenancy.use(draft.hub):
        applying.save_contact(draft=draft, contact=CONTACT, now=now)

    assert reload(draft).headteacher_name == "Hana Head"


def test_changing_the_school_keeps_everything_else(draft: ExpressionOfInterest, now: dt.datetime) -> None:
    before = answers_of(draft)
    with tenancy.use(draft.hub):
        applying.change_school(draft=draft, school=factories.make_school("Mill Road School"), now=now)

    after = answers_of(draft)
    assert after.pop("school_id") != before.pop("school_id")
    assert after == before


def test_promises_are_kept_in_their_wording_of_that_day(draft: ExpressionOfInterest, now: dt.datetime) -> None:
    promises = list(draft.stage_year.promises.all())
    worded = promises[0].wording
    with tenancy.use(draft.hub):
        applying.save_promises(draft=draft, promises=promises, now=now)
    promises[0].wording = "Something quite different."
    promises[0].save()

    with tenancy.use(draft.hub):
        agreed = list(AgreedPromise.objects.filter(expression=draft))
    assert len(agreed) == len(promises)
    assert agreed[0].wording == worded
    assert {promise.agreed_at for promise in agreed} == {now}


@pytest.mark.parametrize("address", ["teacher1@school.example", "Teacher1@SCHOOL.example"])
def test_one_person_cannot_be_both_lead_teachers(draft: ExpressionOfInterest, now: dt.datetime, address: str) -> None:
    before = answers_of(draft)

    with pytest.raises(applying.SameTeacherTwice), tenancy.use(draft.hub):
        applying.save_lead_teacher(draft=draft, position=2, teacher=replace(TEACHER, email=address), now=now)

    assert answers_of(draft) == before


def test_a_lead_teacher_may_keep_the_address(draft: ExpressionOfInterest, now: dt.datetime) -> None:
    same = replace(TEACHER, email="teacher1@school.example")
    with tenancy.use(draft.hub):
        applying.save_lead_teacher(draft=draft, position=1, teacher=same, now=now)

    assert answers_of(draft)["teachers"][0][1] == "Tess Teacher"  # type: ignore[index]


Verb = Callable[[ExpressionOfInterest, dt.datetime], object]
VERBS: dict[str, Verb] = {
    "change_school": lambda draft, now: applying.change_school(draft=draft, school=factories.make_school(), now=now),
    "save_contact": lambda draft, now: applying.save_contact(draft=draft, contact=CONTACT, now=now),
    "save_headteacher": lambda draft, now: applying.save_headteacher(
        draft=draft, headteacher=Headteacher("Hugo", "hugo@school.example"), now=now
    ),
    "save_lead_teacher": lambda draft, now: applying.save_lead_teacher(
        draft=draft, position=1, teacher=TEACHER, now=now
    ),
    "save_promises": lambda draft, now: applying.save_promises(draft=draft, promises=[], now=now),
}


@pytest.mark.parametrize("state", [State.SUBMITTED, State.OFFERED, State.DECLINED])
@pytest.mark.parametrize("verb", VERBS)
def test_nothing_of_what_was_sent_can_be_changed(
    window: RecruitmentWindow, now: dt.datetime, verb: str, state: State
) -> None:
    expression = factories.make_expression(window, state=state)
    before = answers_of(expression)

    with pytest.raises(applying.AlreadySent), tenancy.use(window.hub):
        VERBS[verb](expression, now)

    assert answers_of(expression) == before


# --- Sending ---------------------------------------------------------------------------------


def test_sending_makes_a_reference_a_timeline_entry_and_letters(draft: ExpressionOfInterest, now: dt.datetime) -> None:
    sent = submit(draft, now)

    assert (sent.state, sent.submitted_at, sent.is_late) == (State.SUBMITTED, now, False)
    assert sent.reference
    assert sent.privacy_version == draft.hub.privacy_version
    assert timeline_of(sent) == [("Cleo Contact, Deputy headteacher", "Sent the expression of interest.")]
    assert sorted(message.recipients[0] for message in messages_of(draft.hub)) == [
        "cleo@school.example",
        "head@school.example",
    ]


def test_sending_twice_makes_one(draft: ExpressionOfInterest, now: dt.datetime) -> None:
    first = submit(draft, now)
    second = submit(draft, now + DAY)

    assert (second.pk, second.reference, second.submitted_at) == (first.pk, first.reference, now)
    assert len(messages_of(draft.hub)) == 2
    assert len(timeline_of(draft)) == 1


def test_sending_again_after_the_decision_leaves_the_decision(window: RecruitmentWindow, now: dt.datetime) -> None:
    declined = factories.make_expression(window, state=State.DECLINED)

    assert submit(declined, now).state == State.DECLINED
    assert messages_of(window.hub) == []


def test_the_longest_names_and_roles_can_be_sent(window: RecruitmentWindow, now: dt.datetime) -> None:
    draft = factories.make_draft(window, contact_name="N" * 120, contact_role="R" * 120)

    assert submit(draft, now).reference
    assert timeline_of(draft)[0][0].startswith("N" * 120)


@pytest.mark.parametrize(
    ("missing", "step"),
    [
        ({"contact_name": ""}, "contact"),
        ({"contact_email": ""}, "contact"),
        ({"head_name": ""}, "headteacher"),
        ({"head_email": ""}, "headteacher"),
    ],
)
def test_what_is_not_answered_is_not_sent(
    window: RecruitmentWindow, now: dt.datetime, missing: dict[str, Any], step: str
) -> None:
    draft = factories.make_draft(window, **missing)

    with pytest.raises(applying.Incomplete) as refusal:
        submit(draft, now)

    assert refusal.value.step == step
    assert reload(draft).state == State.DRAFT


@pytest.mark.parametrize(("position", "step"), [(1, "lead-teacher-1"), (2, "lead-teacher-2")])
def test_without_two_lead_teachers_nothing_is_sent(
    draft: ExpressionOfInterest, now: dt.datetime, position: int, step: str
) -> None:
    with tenancy.use(draft.hub):
        LeadTeacher.objects.filter(expression=draft, position=position).delete()

    with pytest.raises(applying.Incomplete) as refusal:
        submit(draft, now)
    assert refusal.value.step == step


def test_without_promises_nothing_is_sent(draft: ExpressionOfInterest, now: dt.datetime) -> None:
    with tenancy.use(draft.hub):
        applying.save_promises(draft=draft, promises=[], now=now)

    with pytest.raises(applying.Incomplete) as refusal:
        submit(draft, now)
    assert refusal.value.step == "promises"


# --- The deadline ----------------------------------------------------------------------------


def test_after_the_deadline_nothing_is_sent_and_every_answer_kept(draft: ExpressionOfInterest) -> None:
    before = answers_of(draft)

    with pytest.raises(applying.NotTaking):
        submit(draft, draft.window.closes_at)

    assert reload(draft).state == State.DRAFT
    assert answers_of(draft) == before
    assert messages_of(draft.hub) == []


def test_the_last_moment_before_the_deadline_is_in_time(draft: ExpressionOfInterest) -> None:
    assert not submit(draft, draft.window.closes_at - dt.timedelta(microseconds=1)).is_late


def test_in_the_late_days_it_is_sent_and_marked_late(draft: ExpressionOfInterest) -> None:
    closes = draft.window.closes_at
    move(draft.window, late_until=closes + DAY)

    assert submit(draft, closes).is_late
    assert timeline_of(draft)[0][1] == "Sent the expression of interest, after the deadline."


def test_after_the_late_days_nothing_is_sent(draft: ExpressionOfInterest) -> None:
    move(draft.window, late_until=draft.window.closes_at + DAY)

    with pytest.raises(applying.NotTaking):
        submit(draft, draft.window.closes_at + DAY)


def test_a_draft_that_was_kept_goes_through_when_the_window_is_extended(draft: ExpressionOfInterest) -> None:
    closed = draft.window.closes_at
    with pytest.raises(applying.NotTaking):
        submit(draft, closed)

    move(draft.window, closes_at=closed + 7 * DAY)

    sent = submit(draft, closed + DAY)
    assert (sent.state, sent.is_late) == (State.SUBMITTED, False)


# --- One for each school ---------------------------------------------------------------------


def test_one_that_is_declined_at_the_very_moment_stands_in_nobodys_way(
    draft: ExpressionOfInterest, now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = factories.make_expression(draft.window, draft.school)

    def declined_meanwhile(expression: ExpressionOfInterest) -> None:
        ExpressionOfInterest.objects.filter(pk=first.pk).update(state=State.DECLINED)

    monkeypatch.setattr("programmes.rivals.rival_of", declined_meanwhile)

    assert submit(draft, now).state == State.SUBMITTED


def test_a_second_one_of_the_school_is_refused_and_names_the_first(window: RecruitmentWindow, now: dt.datetime) -> None:
    school = factories.make_school()
    first = submit(factories.make_draft(window, school), now)
    second = factories.make_draft(window, school)

    with pytest.raises(applying.SchoolHasOne) as refusal:
        submit(second, now)

    assert refusal.value.existing.pk == first.pk
    assert reload(second).state == State.DRAFT
    assert len(messages_of(window.hub)) == 2


def test_a_school_that_was_declined_may_apply_again(window: RecruitmentWindow, now: dt.datetime) -> None:
    school = factories.make_school()
    factories.make_expression(window, school, state=State.DECLINED)

    assert submit(factories.make_draft(window, school), now).state == State.SUBMITTED


def in_a_thread(draft: ExpressionOfInterest, now: dt.datetime, outcome: list[object]) -> Callable[[], None]:
    """Sending, whose result or refusal is put into `outcome`."""

    def work() -> None:
        try:
            outcome.append(submit(draft, now))
        except applying.SchoolHasOne as refusal:
            outcome.append(refusal)

    return work


@pytest.mark.django_db(transaction=True)
def test_of_two_drafts_of_a_school_sent_at_the_same_moment_one_arrives(now: dt.datetime) -> None:
    hub = factories.make_hub("northvale")
    window = factories.make_window(hub, opens_at=now - DAY, closes_at=now + DAY)
    school = factories.make_school()
    ours, theirs = factories.make_draft(window, school), factories.make_draft(window, school)
    outcome: list[object] = []

    with tenancy.use(hub):
        applying.submit(draft=ours, now=now)
        other = begin_meanwhile(in_a_thread(theirs, now, outcome))
        assert other.is_alive()
    other.join()

    (refusal,) = outcome
    assert isinstance(refusal, applying.SchoolHasOne)
    assert refusal.existing.pk == ours.pk
    assert (reload(ours).state, reload(theirs).state) == (State.SUBMITTED, State.DRAFT)
    assert {message.about_id for message in messages_of(hub)} == {ours.pk}


@pytest.mark.django_db(transaction=True)
def test_one_draft_sent_twice_at_the_same_moment_is_sent_once(now: dt.datetime) -> None:
    hub = factories.make_hub("northvale")
    draft = factories.make_draft(factories.make_window(hub, opens_at=now - DAY, closes_at=now + DAY))
    outcome: list[object] = []

    with tenancy.use(hub):
        sent = applying.submit(draft=draft, now=now)
        other = begin_meanwhile(in_a_thread(draft, now + DAY, outcome))
        assert other.is_alive()
    other.join()

    (second,) = outcome
    assert isinstance(second, ExpressionOfInterest)
    assert (second.reference, second.submitted_at) == (sent.reference, now)
    assert len(messages_of(hub)) == 2


# --- References ------------------------------------------------------------------------------


@pytest.fixture
def next_references(monkeypatch: pytest.MonkeyPatch) -> Callable[[Iterator[str]], None]:
    """Says which references come next."""

    def use(references: Iterator[str]) -> None:
        monkeypatch.setattr(applying, "new_reference", lambda: next(references))

    return use


@pytest.mark.parametrize("whose", ["ours", "theirs"])
def test_a_reference_that_is_taken_is_drawn_again(
    draft: ExpressionOfInterest,
    other_hub: Hub,
    now: dt.datetime,
    next_references: Callable[[Iterator[str]], None],
    whose: str,
) -> None:
    window = draft.window if whose == "ours" else factories.make_window(other_hub)
    factories.make_expression(window, reference="EOI-34679")
    next_references(iter(["EOI-34679", "EOI-34679", "EOI-CDFGH"]))

    assert submit(draft, now).reference == "EOI-CDFGH"


def test_when_every_reference_is_taken_the_draft_stays(
    draft: ExpressionOfInterest, now: dt.datetime, next_references: Callable[[Iterator[str]], None]
) -> None:
    factories.make_expression(draft.window, reference="EOI-34679")
    next_references(chain(repeat("EOI-34679", 5), iter(new_reference, None)))

    with pytest.raises(RuntimeError):
        submit(draft, now)

    assert reload(draft).state == State.DRAFT


# --- Drafts that nobody came back to ---------------------------------------------------------


def test_drafts_are_removed_after_sixty_days_with_all_their_answers(
    window: RecruitmentWindow, now: dt.datetime
) -> None:
    old = factories.make_draft(window, touched_at=now - applying.DRAFTS_KEPT_FOR - dt.timedelta(seconds=1))
    young = factories.make_draft(window, touched_at=now - applying.DRAFTS_KEPT_FOR)
    with tenancy.use(window.hub):
        assert applying.purge_drafts(now=now) == 1
        assert list(ExpressionOfInterest.objects.all()) == [young]
        assert not LeadTeacher.objects.filter(expression=old.pk).exists()
        assert not AgreedPromise.objects.filter(expression=old.pk).exists()


def test_what_was_sent_is_never_removed(window: RecruitmentWindow, now: dt.datetime) -> None:
    factories.make_expression(window, touched_at=now - 3650 * DAY)
    with tenancy.use(window.hub):
        assert applying.purge_drafts(now=now) == 0
        assert ExpressionOfInterest.objects.count() == 1


def test_only_the_active_hubs_drafts_are_removed(window: RecruitmentWindow, other_hub: Hub, now: dt.datetime) -> None:
    theirs = factories.make_draft(factories.make_window(other_hub), touched_at=now - 365 * DAY)
    with tenancy.use(window.hub):
        assert applying.purge_drafts(now=now) == 0

    assert reload(theirs).pk
