from __future__ import annotations

import datetime as dt

import pytest

from hubs import tenancy
from hubs.models import Hub, Membership, Role, User
from hubs.permissions import NotAllowed
from tests import factories, work
from tests.locks import begin_meanwhile
from tests.workgroups.visits import group_of, place_in
from workgroups.models import Place, VisitDraft, VisitState
from workgroups.visit_drafts import MOST_CHARACTERS, DraftTooLong, VisitLogged, draft_of, drop_draft, save_draft


@pytest.fixture
def place(hub: Hub, specialist: User) -> Place:
    return place_in(group_of(hub, specialist))


@pytest.fixture
def actor(specialist: User, hub: Hub) -> Membership:
    return factories.membership_of(specialist, hub)


@pytest.fixture
def colleague(lead: User, hub: Hub) -> Membership:
    return factories.membership_of(lead, hub)


def save(
    place: Place,
    actor: Membership,
    now: dt.datetime,
    number: int = 1,
    changed: set[str] | None = None,
    **answers: str,
) -> None:
    with tenancy.use(place.hub):
        typed = {name: [value] for name, value in answers.items()}
        save_draft(place=place, term=1, number=number, answers=typed, actor=actor, now=now, changed=changed)


def answers(place: Place, person: User, number: int = 1) -> dict[str, str] | None:
    with tenancy.use(place.hub):
        draft = draft_of(place=place, term=1, number=number, author=person)
    return {name: value for name, [value] in draft.answers.items()} if draft else None


def test_all_that_was_typed_is_kept_and_typed_anew(place: Place, actor: Membership, now: dt.datetime) -> None:
    save(place, actor, now, met="The head", shared_note="We looked")
    save(place, actor, now + dt.timedelta(minutes=2), shared_note="We looked at bars")
    assert answers(place, actor.user) == {"shared_note": "We looked at bars"}
    with tenancy.use(place.hub):
        assert [draft.saved_at for draft in VisitDraft.objects.all()] == [now + dt.timedelta(minutes=2)]


def test_of_two_windows_each_saves_what_was_changed_in_it(place: Place, actor: Membership, now: dt.datetime) -> None:
    save(place, actor, now, changed={"met"}, met="The head", shared_note="")
    save(place, actor, now, changed={"shared_note"}, met="", shared_note="Bars")
    save(place, actor, now, changed={"met"}, met="Both", shared_note="")
    assert answers(place, actor.user) == {"met": "Both", "shared_note": "Bars"}


def test_what_is_no_longer_ticked_is_gone(place: Place, actor: Membership, now: dt.datetime) -> None:
    with tenancy.use(place.hub):
        for ticked in (["3", "4"], []):
            draft = save_draft(place=place, term=1, number=1, answers={"done": ticked}, actor=actor, now=now)
    assert draft.answers == {"done": []}


def test_nobody_sees_anothers_draft_nor_that_of_another_visit(
    place: Place, actor: Membership, colleague: Membership, now: dt.datetime
) -> None:
    save(place, actor, now, shared_note="Hers")
    save(place, colleague, now, shared_note="The lead’s")
    assert answers(place, actor.user) == {"shared_note": "Hers"}
    assert answers(place, colleague.user) == {"shared_note": "The lead’s"}
    assert answers(place, actor.user, number=2) is None


def test_a_character_that_no_database_takes_is_left_out(place: Place, actor: Membership, now: dt.datetime) -> None:
    save(place, actor, now, shared_note="We\x00 looked \N{SEEDLING}")
    assert answers(place, actor.user) == {"shared_note": "We looked \N{SEEDLING}"}


def test_more_than_anybody_types_is_refused_and_what_was_saved_stays(
    place: Place, actor: Membership, now: dt.datetime
) -> None:
    save(place, actor, now, met="x" * MOST_CHARACTERS)
    with pytest.raises(DraftTooLong):
        save(place, actor, now, changed={"shared_note"}, met="", shared_note="y")
    assert answers(place, actor.user) == {"met": "x" * MOST_CHARACTERS}


def test_of_a_logged_visit_there_is_nothing_to_draft(place: Place, actor: Membership, now: dt.datetime) -> None:
    work.make_visit(place, state=VisitState.HELD, held_recorded_at=now, met="Head", shared_note="Bars")
    with pytest.raises(VisitLogged):
        save(place, actor, now, shared_note="Late")
    assert answers(place, actor.user) is None
    save(place, actor, now, number=2, shared_note="Another visit")


def test_a_missed_visit_does_not_stand_in_the_way(place: Place, actor: Membership, now: dt.datetime) -> None:
    work.make_visit(place, state=VisitState.MISSED, missed_reason="Snow")
    save(place, actor, now, shared_note="The next attempt")
    assert answers(place, actor.user) == {"shared_note": "The next attempt"}


def test_thrown_away_it_is_gone_and_nobody_elses(
    place: Place, actor: Membership, colleague: Membership, now: dt.datetime
) -> None:
    save(place, actor, now, shared_note="Hers")
    save(place, colleague, now, shared_note="The lead’s")
    with tenancy.use(place.hub):
        for _ in range(2):
            drop_draft(place=place, term=1, number=1, actor=actor)
    assert answers(place, actor.user) is None
    assert answers(place, colleague.user) is not None


def test_only_who_may_log_a_visit_drafts_about_it(hub: Hub, place: Place, finance: User, now: dt.datetime) -> None:
    other = factories.make_member(hub, Role.MASTERY_SPECIALIST, "Olga Other")
    group_of(hub, other)
    for person in (other, finance):
        with pytest.raises(NotAllowed):
            save(place, factories.membership_of(person, hub), now, shared_note="x")
        assert answers(place, person) is None


@pytest.mark.django_db(transaction=True)
def test_saves_of_two_windows_at_once_lose_nothing(place: Place, actor: Membership, now: dt.datetime) -> None:
    with tenancy.use(place.hub):
        save(place, actor, now, met="The head")
        other = begin_meanwhile(lambda: save(place, actor, now, changed={"shared_note"}, shared_note="Bars"))
        assert other.is_alive()
    other.join()
    assert answers(place, actor.user) == {"met": "The head", "shared_note": "Bars"}
