from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from correspondence.models import Message
from hubs import tenancy
from hubs.models import Membership
from hubs.wording import moment
from tests import work
from tests.workgroups.conftest import reload
from workgroups import letters, placing
from workgroups.models import Place, SchoolLink, WorkGroup
from workgroups.school_links import url_of


@pytest.fixture
def now() -> dt.datetime:
    return timezone.now()


def letters_of(place: Place) -> dict[str, Message]:
    """The letters about a place, by their only recipient; the latest of each."""
    with tenancy.use(place.hub):
        found = list(Message.objects.about(place).order_by("pk"))
    assert all(len(letter.recipients) == 1 for letter in found)
    return {letter.recipients[0]: letter for letter in found}


def join(place: Place, group: WorkGroup, actor: Membership, now: dt.datetime) -> None:
    with tenancy.use(place.hub):
        placing.join(place=place, group=group, on=timezone.localdate(now), actor=actor, now=now)


def test_head_and_lead_teachers_are_told_group_specialist_and_what_is_next_with_links_of_their_own(
    place: Place, group: WorkGroup, actor: Membership, now: dt.datetime
) -> None:
    join(place, group, actor, now)

    found = letters_of(place)
    assert set(found) == {
        "head@school.example", f"teacher1.{place.pk}@school.example", f"teacher2.{place.pk}@school.example",
    }  # fmt: skip
    with tenancy.use(place.hub):
        # Without their signatures, which tell when they were made.
        links = {link.email: url_of(link).partition("~")[0] for link in SchoolLink.objects.all()}
    for address, letter in found.items():
        assert letter.subject == f"Your Work Group: Ash Group, {group.stage_year}"
        assert "Ash Lane Primary School is in the Work Group Ash Group for Developing (primary)" in letter.text
        assert f"Mastery Specialist: Mina Mastery, {group.specialist.email}" in letter.text
        assert "Lead teachers: Teacher 1 and Teacher 2" in letter.text
        assert "Mina Mastery writes to you about the dates of the meetings" in letter.text
        assert [url for url in links.values() if f"{url}~" in letter.text] == [links[address]]
    assert found["head@school.example"].text.startswith("Dear Hana Head,")


def test_the_dates_that_the_group_has_planned_stand_in_the_letter(
    place: Place, group: WorkGroup, actor: Membership, now: dt.datetime
) -> None:
    planned = work.make_meeting(group)
    work.make_meeting(group, starts_at=planned.starts_at + dt.timedelta(days=1), state="cancelled",
                      cancelled_reason="Snow.")  # fmt: skip
    work.make_meeting(group, starts_at=now - dt.timedelta(days=1))
    join(place, group, actor, now)

    text = letters_of(place)["head@school.example"].text
    assert f"The group meets on:\n- {moment(planned.starts_at)}\nMina Mastery arranges the visits" in text


def test_who_shares_an_address_gets_one_letter(
    place: Place, group: WorkGroup, actor: Membership, now: dt.datetime
) -> None:
    with tenancy.use(place.hub):
        place.participants.filter(position=1).update(email="Head@School.example")
    join(place, group, actor, now)
    assert len(letters_of(place)) == 2


def test_a_school_that_moves_is_told_the_new_group_and_not_why(
    place: Place, group: WorkGroup, actor: Membership, now: dt.datetime
) -> None:
    join(place, group, actor, now)
    elm = work.make_group(place.hub, "Elm Group")
    with tenancy.use(place.hub):
        placing.move(
            place=place, group=elm, on=timezone.localdate(now), reason="They quarrelled.", actor=actor, now=now
        )
    letter = letters_of(place)["head@school.example"]
    assert "has moved to another Work Group for Developing (primary)" in letter.text
    assert "Elm Group, from" in letter.text
    assert "quarrelled" not in letter.text


def test_somebody_new_is_told_her_part_and_the_group(
    place: Place, group: WorkGroup, actor: Membership, now: dt.datetime
) -> None:
    with tenancy.use(place.hub):
        letters.send_welcome(place=reload(place), name="Ana New", email="ana@school.example", part="head", now=now)
    waiting = letters_of(place)["ana@school.example"]
    assert "and you are named as its head." in waiting.text
    assert "We will write to you when the school has a Work Group." in waiting.text

    join(place, group, actor, now)
    with tenancy.use(place.hub):
        letters.send_welcome(place=reload(place), name="Bo New", email="bo@school.example", part="head", now=now)
    assert "Work Group: Ash Group\nMastery Specialist: Mina Mastery" in letters_of(place)["bo@school.example"].text


def test_a_letter_sent_twice_is_one_letter(place: Place, now: dt.datetime) -> None:
    with tenancy.use(place.hub):
        for _ in range(2):
            letters.send_welcome(place=place, name="Ana", email="ana@school.example", part="head", now=now)
    assert len(letters_of(place)) == 1
