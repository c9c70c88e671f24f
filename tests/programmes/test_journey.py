from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from hubs import tenancy
from programmes import applying
from programmes.journey import Progress, Step, first_open_step, may_open, progress_of, step_before, steps
from programmes.models import ExpressionOfInterest, RecruitmentWindow
from tests import factories

progresses = st.builds(
    Progress,
    contact=st.booleans(),
    contact_is_head=st.booleans(),
    headteacher=st.booleans(),
    lead_teachers=st.frozensets(st.sampled_from([1, 2])),
    promises=st.booleans(),
)
every_step: tuple[Step, ...] = (
    "school",
    "contact",
    "headteacher",
    "lead-teacher-1",
    "lead-teacher-2",
    "promises",
    "check",
)
NOTHING = Progress(contact=False, contact_is_head=False, headteacher=False, lead_teachers=frozenset(), promises=False)


def answer(progress: Progress, step: Step) -> Progress:
    """The progress after a question was answered."""
    match step:
        case "contact":
            return replace(progress, contact=True)
        case "headteacher":
            return replace(progress, headteacher=True)
        case "lead-teacher-1":
            return replace(progress, lead_teachers=progress.lead_teachers | {1})
        case "lead-teacher-2":
            return replace(progress, lead_teachers=progress.lead_teachers | {2})
        case "promises":
            return replace(progress, promises=True)
        case _:
            return progress


@given(progresses)
def test_nobody_jumps_over_a_question_without_an_answer(progress: Progress) -> None:
    for step in steps(progress):
        before = steps(progress)[: steps(progress).index(step)]
        # Answering a question that is answered changes nothing.
        all_answered = all(answer(progress, earlier) == progress for earlier in before)

        assert may_open(step, progress) == all_answered


@given(progresses)
def test_the_first_open_question_can_be_opened_and_is_not_answered(progress: Progress) -> None:
    step = first_open_step(progress)

    assert may_open(step, progress)
    assert step == "check" or answer(progress, step) != progress


@given(progresses, st.sampled_from(every_step))
def test_back_leads_to_the_question_before_which_can_be_opened(progress: Progress, step: Step) -> None:
    if not may_open(step, progress):
        return
    before = step_before(step, progress)

    if before is None:
        assert step == "school"
    else:
        assert may_open(before, progress)
        order = steps(progress)
        assert order[order.index(before) + 1] == step


@given(progresses)
def test_the_headteacher_is_not_asked_who_the_headteacher_is(progress: Progress) -> None:
    assert ("headteacher" in steps(progress)) is not progress.contact_is_head
    assert not may_open("headteacher", replace(progress, contact_is_head=True))


@given(progresses)
def test_answering_one_question_after_the_other_ends_at_the_check(progress: Progress) -> None:
    seen = []
    while (step := first_open_step(progress)) != "check":
        seen.append(step)
        progress = answer(progress, step)

    assert len(seen) == len(set(seen)) <= 5
    assert all(may_open(step, progress) for step in steps(progress))


def test_without_any_answer_the_questions_come_in_this_order() -> None:
    assert steps(NOTHING) == list(every_step)
    assert first_open_step(NOTHING) == "contact"
    assert step_before("school", NOTHING) is None


def test_an_unknown_step_cannot_be_opened() -> None:
    assert not may_open("payment", NOTHING)  # type: ignore[arg-type]


def loaded(draft: ExpressionOfInterest) -> ExpressionOfInterest:
    return ExpressionOfInterest.objects.with_progress().get(pk=draft.pk)


def test_the_progress_of_a_new_draft_is_nothing(window: RecruitmentWindow) -> None:
    with tenancy.use(window.hub):
        draft = applying.start(window=window, school=factories.make_school(), now=window.opens_at)

        assert progress_of(loaded(draft)) == NOTHING


def test_the_progress_of_a_full_draft_is_everything(draft: ExpressionOfInterest) -> None:
    with tenancy.use(draft.hub):
        progress = progress_of(loaded(draft))

    assert progress == Progress(
        contact=True, contact_is_head=False, headteacher=True, lead_teachers=frozenset({1, 2}), promises=True
    )


def test_a_head_without_an_address_is_not_answered(window: RecruitmentWindow) -> None:
    draft = factories.make_draft(window, head_email="")
    with tenancy.use(window.hub):
        assert first_open_step(progress_of(loaded(draft))) == "headteacher"
