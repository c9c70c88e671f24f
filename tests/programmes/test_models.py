from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, transaction

from hubs import tenancy
from hubs.models import Hub, Membership
from programmes.models import (
    TRANSITIONS,
    AgreedPromise,
    Decision,
    ExpressionOfInterest,
    LeadTeacher,
    RecruitmentWindow,
    SchoolChange,
    StageYear,
    State,
)
from tests import factories
from tests.programmes.conftest import reload


@contextmanager
def refused_by(constraint: str) -> Iterator[None]:
    """The database itself refuses, and says by which constraint."""
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        yield


# --- Expressions of interest -----------------------------------------------------------------


def change(expression: ExpressionOfInterest, **values: Any) -> None:
    with tenancy.use(expression.hub):
        ExpressionOfInterest.objects.filter(pk=expression.pk).update(**values)


@pytest.mark.parametrize(
    "missing",
    [
        {"reference": None},
        {"submitted_at": None},
        {"privacy_version": None},
        {"contact_name": ""},
        {"contact_email": ""},
        {"contact_is_head": None},
        {"head_name": ""},
        {"head_email": ""},
    ],
    ids=lambda missing: next(iter(missing)),
)
@pytest.mark.parametrize("state", [State.SUBMITTED, State.OFFERED, State.DECLINED])
def test_what_was_sent_is_complete(sent: ExpressionOfInterest, state: State, missing: dict[str, Any]) -> None:
    change(sent, state=state)

    with refused_by("expression_complete_when_sent"):
        change(sent, **missing)


def test_a_head_who_is_the_contact_needs_no_head_fields(sent: ExpressionOfInterest) -> None:
    change(sent, contact_is_head=True, head_name="", head_email="")

    assert reload(sent).headteacher_email == "cleo@school.example"


@pytest.mark.parametrize(
    "early", [{"reference": "EOI-34679"}, {"submitted_at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)}], ids=str
)
def test_a_draft_has_neither_reference_nor_time_of_sending(draft: ExpressionOfInterest, early: dict[str, Any]) -> None:
    with refused_by("expression_complete_when_sent"):
        change(draft, **early)


def test_a_draft_may_have_no_answer_at_all(window: RecruitmentWindow, now: dt.datetime) -> None:
    with tenancy.use(window.hub):
        draft = ExpressionOfInterest.objects.create(
            hub=window.hub, window=window, school=factories.make_school(), started_at=now, touched_at=now
        )

    assert draft.state == State.DRAFT


def test_a_state_that_nobody_knows_is_refused(sent: ExpressionOfInterest) -> None:
    with refused_by("expression_state_known"):
        change(sent, state="lost")


@pytest.mark.parametrize("first", [State.SUBMITTED, State.OFFERED])
@pytest.mark.parametrize("second", [State.SUBMITTED, State.OFFERED])
def test_a_school_has_one_live_expression_for_a_stage(window: RecruitmentWindow, first: State, second: State) -> None:
    school = factories.make_school()
    factories.make_expression(window, school, state=first)

    with refused_by("one_live_expression_per_school_and_stage"):
        factories.make_expression(window, school, state=second)


def test_beside_a_declined_one_and_drafts_a_school_may_send_another(window: RecruitmentWindow) -> None:
    school = factories.make_school()
    factories.make_expression(window, school, state=State.DECLINED)
    factories.make_draft(window, school)

    assert factories.make_expression(window, school).pk


def test_a_school_may_send_one_for_each_of_two_stages(hub: Hub, window: RecruitmentWindow) -> None:
    school = factories.make_school()
    factories.make_expression(window, school)

    assert factories.make_expression(factories.make_window(hub, stage="primary-readiness"), school).pk


def test_a_reference_is_given_once_in_all_hubs(sent: ExpressionOfInterest, other_hub: Hub) -> None:
    theirs = factories.make_window(other_hub)

    with refused_by("reference"):
        factories.make_expression(theirs, reference=sent.reference)


def test_every_state_has_its_line_in_the_table_of_transitions() -> None:
    assert set(TRANSITIONS) == set(State)
    assert all(State.DRAFT not in onwards for onwards in TRANSITIONS.values())


@pytest.mark.parametrize(
    ("state", "offered", "declined"),
    [
        (State.DRAFT, False, False),
        (State.SUBMITTED, True, True),
        (State.OFFERED, False, False),
        (State.DECLINED, True, False),
    ],
)
def test_what_can_be_decided_depends_on_the_state(state: State, offered: bool, declined: bool) -> None:
    expression = ExpressionOfInterest(state=state)

    assert (expression.can_be_offered, expression.can_be_declined) == (offered, declined)


# --- Lead teachers ---------------------------------------------------------------------------


def teacher_of(draft: ExpressionOfInterest, **values: Any) -> None:
    with tenancy.use(draft.hub):
        LeadTeacher.objects.filter(expression=draft, position=2).update(**values)


@pytest.mark.parametrize("address", ["teacher1@school.example", "Teacher1@School.example"])
def test_the_two_lead_teachers_do_not_share_an_address(draft: ExpressionOfInterest, address: str) -> None:
    with refused_by("lead_teachers_are_two_people"):
        teacher_of(draft, email=address)


@pytest.mark.parametrize("trn", ["123456", "123456x", "123 456", " 123456"])
def test_a_trn_has_seven_digits(draft: ExpressionOfInterest, trn: str) -> None:
    with refused_by("trn_has_seven_digits"):
        teacher_of(draft, trn=trn)


@pytest.mark.parametrize("position", [0, 3])
def test_there_is_no_third_lead_teacher(draft: ExpressionOfInterest, position: int) -> None:
    with refused_by("two_lead_teachers"):
        teacher_of(draft, position=position)


def test_one_position_has_one_lead_teacher(draft: ExpressionOfInterest) -> None:
    with refused_by("lead_teacher_position_once"):
        teacher_of(draft, position=1)


def test_a_promise_is_agreed_to_once(draft: ExpressionOfInterest, now: dt.datetime) -> None:
    with refused_by("agreed_promise_position_once"), tenancy.use(draft.hub):
        AgreedPromise.objects.create(hub=draft.hub, expression=draft, position=1, wording="Again", agreed_at=now)


# --- Decisions -------------------------------------------------------------------------------


@pytest.fixture
def decide(sent: ExpressionOfInterest, decider: Membership, now: dt.datetime) -> Callable[..., Decision]:
    """Writes a decision past the verbs."""

    def write(**values: Any) -> Decision:
        with tenancy.use(sent.hub):
            return Decision.objects.create(
                hub=sent.hub, expression=sent, decided_by=decider.user, decided_at=now, **values
            )

    return write


def test_a_decision_to_decline_has_a_reason(decide: Callable[..., Decision]) -> None:
    with refused_by("declined_with_a_reason"):
        decide(outcome=State.DECLINED, words="")


def test_a_decision_names_the_day_in_london() -> None:
    late_on_a_summer_day = dt.datetime(2027, 6, 30, 23, 30, tzinfo=dt.UTC)
    assert str(Decision(outcome=State.OFFERED, decided_at=late_on_a_summer_day)) == "Offered, 1 July 2027"


def test_a_decision_is_offered_or_declined(decide: Callable[..., Decision]) -> None:
    with refused_by("decision_outcome_known"):
        decide(outcome=State.SUBMITTED, words="Perhaps")


@pytest.mark.parametrize("meddle", ["change", "remove"])
def test_a_decision_stands_for_good(decide: Callable[..., Decision], meddle: str) -> None:
    decision = decide(outcome=State.OFFERED)
    rows = Decision._base_manager.filter(pk=decision.pk)

    with pytest.raises(ProgrammingError, match="permission denied"), tenancy.use(decision.hub_id):
        rows.update(words="Never said") if meddle == "change" else rows._raw_delete("default")


# --- Recruitment windows ---------------------------------------------------------------------


def test_a_window_closes_after_it_opens(hub: Hub, now: dt.datetime) -> None:
    with refused_by("window_closes_after_opening"):
        factories.make_window(hub, opens_at=now, closes_at=now)


def test_late_ones_are_taken_after_the_closing_or_not_at_all(hub: Hub, now: dt.datetime) -> None:
    closes = now + dt.timedelta(days=1)

    with refused_by("window_late_after_closing"):
        factories.make_window(hub, opens_at=now, closes_at=closes, late_until=closes)


def test_a_hub_has_one_window_for_a_stage_of_a_year(window: RecruitmentWindow) -> None:
    later = window.closes_at + dt.timedelta(days=1)

    with refused_by("one_window_per_hub_and_stage_year"):
        factories.make_window(window.hub, opens_at=later, closes_at=later + dt.timedelta(days=1))


@pytest.mark.parametrize("late", [None, 5])
def test_windows_of_a_stage_do_not_overlap(hub: Hub, now: dt.datetime, late: int | None) -> None:
    day = dt.timedelta(days=1)
    factories.make_window(
        hub, year=2026, opens_at=now, closes_at=now + 3 * day, late_until=now + late * day if late else None
    )

    with refused_by("one_open_window_per_hub_and_stage"):
        factories.make_window(hub, opens_at=now + (2 if late is None else 4) * day, closes_at=now + 9 * day)


def test_windows_of_different_stages_and_hubs_may_overlap(window: RecruitmentWindow, other_hub: Hub) -> None:
    opens, closes = window.opens_at, window.closes_at

    assert factories.make_window(window.hub, stage="primary-readiness", opens_at=opens, closes_at=closes).pk
    assert factories.make_window(other_hub, opens_at=opens, closes_at=closes).pk


Phase = RecruitmentWindow.Phase


@pytest.mark.parametrize(
    ("minutes_after_closing", "late", "phase"),
    [
        (-61, True, Phase.UPCOMING),
        (-60, True, Phase.OPEN),
        (-1, True, Phase.OPEN),
        (0, True, Phase.LATE),
        (29, True, Phase.LATE),
        (30, True, Phase.CLOSED),
        (-1, False, Phase.OPEN),
        (0, False, Phase.CLOSED),
    ],
)
def test_a_window_is_open_up_to_its_last_moment(
    now: dt.datetime, minutes_after_closing: int, late: bool, phase: RecruitmentWindow.Phase
) -> None:
    minute = dt.timedelta(minutes=1)
    window = RecruitmentWindow(
        opens_at=now - 60 * minute, closes_at=now, late_until=now + 30 * minute if late else None
    )

    moment = now + minutes_after_closing * minute

    assert window.phase_at(moment) == phase
    assert window.takes_expressions_at(moment) == (phase in (Phase.OPEN, Phase.LATE))


# --- Stages ----------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("code", ["NCP26-6A", "ncp26-06", "NCP26", "26-06", "NCP2026-06"])
def test_a_code_is_written_in_one_way_only(code: str) -> None:
    with refused_by("ncp_code_normalised"):
        StageYear.objects.filter(stage__slug="primary-developing", year=2026).update(code=code)


@pytest.mark.django_db
def test_a_stage_runs_once_a_year() -> None:
    with refused_by("stage_once_a_year"):
        StageYear.objects.filter(stage__slug="primary-developing", year=2026).update(year=2027)


@pytest.mark.django_db
def test_the_ages_of_a_stage_are_in_order() -> None:
    with refused_by("stage_ages_in_order"):
        StageYear.objects.filter(stage__slug="primary-developing").update(youngest=11, oldest=11)


# --- A school's change -----------------------------------------------------------------------


def test_a_notice_is_written_once_for_each_thing_that_the_school_has_become(
    window: RecruitmentWindow, now: dt.datetime
) -> None:
    expression = factories.make_expression(window)

    def notice(*urns: int) -> None:
        SchoolChange.objects.create(
            hub=window.hub,
            expression=expression,
            former=expression.school,
            current_urns=list(urns),
            text="It has changed.",
            noticed_at=now,
        )

    with tenancy.use(window.hub):
        notice(1, 2)
        notice()
        with refused_by("school_change_once"):
            notice(1, 2)


def test_a_notice_is_seen_by_somebody(window: RecruitmentWindow, now: dt.datetime) -> None:
    expression = factories.make_expression(window)
    with tenancy.use(window.hub), refused_by("school_change_seen_by_somebody"):
        SchoolChange.objects.create(
            hub=window.hub, expression=expression, former=expression.school, noticed_at=now, seen_at=now
        )
