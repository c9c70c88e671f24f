from __future__ import annotations

import datetime as dt
import re

import pytest
from django.test import Client
from django.utils import timezone

from hubs import tenancy
from hubs.models import Hub, User
from programmes.models import Participation
from tests import factories, work
from tests.workgroups.conftest import history, outcomes
from tests.workgroups.views.pages import ClientOf, day_boxes, queries_of, said, text_of
from tests.workgroups.views.places import REASON, address, now_of, on, on_today
from workgroups.models import Place, PlaceState, WorkGroup


@pytest.fixture
def in_group(place: Place, group: WorkGroup, desk: Client) -> Place:
    """The school, by now in the group."""
    desk.post(address(place.hub, "place_join", place.pk), on_today(group=str(group.pk)))
    return place


def buttons(page: str) -> list[str]:
    """What can be done now, the main thing first."""
    return re.findall(r"/(join|move|take-out|leave|come-back|complete|reopen)/\"", page)


# --- The list ------------------------------------------------------------------------------------


def test_the_list_is_filtered_sorted_and_counted(desk: Client, hub: Hub, group: WorkGroup) -> None:
    ash = work.make_place(hub, factories.make_school("Ash"), group=group)
    birch = work.make_place(hub, factories.make_school("Birch"))
    other_stage = work.make_place(hub, factories.make_school("Cedar"), stage="primary-embedding")
    earlier = work.make_place(hub, factories.make_school("Dale"), year=work.this_year() - 1)

    def listed(query: str) -> list[Place]:
        return list(desk.get(address(hub, "place_list", query=query)).context["page"])

    assert listed("") == [ash, birch, other_stage]
    assert listed("year=all") == [ash, birch, other_stage, earlier]
    assert listed(f"year={work.this_year() - 1}") == [earlier]
    assert listed("state=waiting&stage=primary-developing") == [birch]
    assert listed("q=cedar") == [other_stage]
    assert listed("sort=-school") == [other_stage, birch, ash]
    assert listed("sort=group") == [ash, birch, other_stage]
    assert listed("sort=-group")[0] == ash
    assert listed("sort=x&state=x&year=x&stage=x") == [ash, birch, other_stage]
    figures = desk.get(address(hub, "place_list")).context["figures"]
    assert {figure.label: figure.value for figure in figures} == {
        "Without a group": 2, "In a group": 1, "Left": 0, "Completed": 0, "Not completed": 0,
    }  # fmt: skip
    assert "Nothing matches" in text_of(desk.get(address(hub, "place_list", query="q=nowhere")))


def test_a_school_is_found_and_sorted_by_the_name_of_today_and_by_the_former(desk: Client, hub: Hub) -> None:
    ash = work.make_place(hub, factories.make_school("Ash Lane Primary School"))
    cedar = work.make_place(hub, factories.make_school("Cedar School"))
    factories.go_on_as(ash.school, factories.make_school("Willow Academy"))
    assert list(desk.get(address(hub, "place_list")).context["page"]) == [cedar, ash]
    for word in ("willow", "ash+lane"):
        response = desk.get(address(hub, "place_list", query=f"q={word}"))
        assert list(response.context["page"]) == [ash]
        assert "Willow Academy" in response.text
        assert "formerly Ash Lane Primary School" in response.text


def test_a_list_without_places_says_where_they_come_from(desk: Client, hub: Hub) -> None:
    assert "No school with a place yet" in text_of(desk.get(address(hub, "place_list")))


def test_a_specialist_sees_the_schools_of_her_groups(
    hub: Hub, place: Place, group: WorkGroup, specialist: User, client_of: ClientOf
) -> None:
    work.make_place(hub, group=group)
    hers = work.make_place(hub, group=work.make_group(hub, specialist=work.make_specialist(hub, user=specialist)))
    browser = client_of(specialist)
    assert list(browser.get(address(hub, "place_list")).context["page"]) == [hers]
    page = browser.get(address(hub, "place", hers.pk))
    assert page.status_code == 200
    assert buttons(page.text) == []
    assert "/replace/" not in page.text
    # Neither letters nor the expression of interest are hers to read.
    assert "EOI-" not in page.text
    assert "Letters" not in text_of(page)
    assert browser.get(address(hub, "place", place.pk)).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_the_list_takes_as_many_queries_for_three_as_for_one(desk: Client, hub: Hub, group: WorkGroup) -> None:
    def add(to: WorkGroup | None) -> None:
        place = work.make_place(hub, group=to)
        factories.go_on_as(place.school, factories.make_school("Academy"))

    add(group)
    with_one = queries_of(desk, address(hub, "place_list"))
    add(None)
    add(work.make_group(hub))
    assert queries_of(desk, address(hub, "place_list")) == with_one <= 10


# --- One place -----------------------------------------------------------------------------------


def test_the_page_shows_people_group_history_and_letters(desk: Client, in_group: Place) -> None:
    page = text_of(desk.get(address(in_group.hub, "place", in_group.pk)))
    assert "In a group Ash Group, led by Mina Mastery" in page
    assert "Hana Head head@school.example" in page
    for number in (1, 2):
        assert f"Teacher {number} Class teacher · since" in page
    assert "Joined a group , Ash Group: " in page
    assert "Accepted :" in page
    assert page.count("Your Work Group: Ash Group, Developing (primary)") == 3
    assert f"{in_group.expression.reference} , the expression of interest" in page


def test_a_school_that_has_changed_keeps_place_people_and_history(desk: Client, in_group: Place) -> None:
    factories.go_on_as(in_group.school, factories.make_school("Birch Academy"))
    page = text_of(desk.get(address(in_group.hub, "place", in_group.pk)))
    assert "Birch Academy Formerly Ash Lane Primary School" in page
    assert "Accepted as Ash Lane Primary School, URN" in page
    assert "Joined a group , Ash Group" in page
    assert "Teacher 1" in page


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (PlaceState.WAITING, ["join", "leave"]),
        (PlaceState.IN_GROUP, ["complete", "move", "take-out", "leave"]),
        (PlaceState.LEFT, ["come-back"]),
        (PlaceState.COMPLETED, ["reopen"]),
        (PlaceState.NOT_COMPLETED, ["reopen"]),
    ],
)
def test_what_can_be_done_follows_from_where_it_stands(
    desk: Client, hub: Hub, group: WorkGroup, state: PlaceState, expected: list[str]
) -> None:
    place = work.make_place(hub, group=None if state in (PlaceState.WAITING, PlaceState.LEFT) else group)
    with tenancy.use(hub):
        Place.objects.update(state=state)
    assert buttons(desk.get(address(hub, "place", place.pk)).text) == expected


@pytest.mark.parametrize(
    "name",
    ["join", "move", "take_out", "leave", "come_back", "complete", "reopen"],
)
def test_who_was_quicker_is_believed(desk: Client, in_group: Place, name: str) -> None:
    """What cannot be done where it stands is not asked for, and nothing is saved."""
    hub, steps = in_group.hub, history(in_group)
    if name in ("move", "take_out", "leave", "complete"):
        desk.post(address(hub, "place_leave", in_group.pk), on_today(reason=REASON))
        steps = history(in_group)
    url = address(hub, f"place_{name}", in_group.pk)
    if name == "come_back":
        assert "is in Ash Group" in said(desk.get(url))[-1]
    response = desk.post(url, on_today(reason=REASON, outcome="completed", group="1"))
    assert response["Location"] == address(hub, "place", in_group.pk)
    assert "That was recorded by you, " in said(response)[-1]
    assert said(response)[-1].endswith("Nothing more was saved.")
    assert history(in_group) == steps


def test_an_expression_leads_to_its_place_and_back(desk: Client, place: Place) -> None:
    record = desk.get(address(place.hub, "expression", place.expression.reference)).text
    assert address(place.hub, "place", place.pk) in record
    page = desk.get(address(place.hub, "place", place.pk)).text
    assert address(place.hub, "expression", place.expression.reference) in page


@pytest.mark.django_db(transaction=True)
def test_the_page_takes_as_many_queries_after_three_steps_as_after_one(desk: Client, in_group: Place) -> None:
    url = address(in_group.hub, "place", in_group.pk)
    before = queries_of(desk, url)
    other = work.make_group(in_group.hub)
    desk.post(address(in_group.hub, "place_move", in_group.pk), on_today(group=str(other.pk), reason=REASON))
    with tenancy.use(in_group.hub):
        first = in_group.participants.get(position=1)
    typed = on_today(name="Ana New", role="Maths lead", year_group="", email="ana@school.example", trn="")
    desk.post(address(in_group.hub, "participant_replace", first.pk), typed)
    assert queries_of(desk, url) == before


# --- Steps ---------------------------------------------------------------------------------------


def test_a_school_is_put_into_a_group_and_people_are_told(desk: Client, place: Place, group: WorkGroup) -> None:
    hub = place.hub
    far = work.make_group(hub, "Far Group")
    form = desk.get(address(hub, "place_join", place.pk, query=f"group={far.pk}"))
    assert form.context["form"]["group"].value() == str(far.pk)
    assert "0 of 7 schools · Mina Mastery · distance not known" in text_of(form)

    response = desk.post(address(hub, "place_join", place.pk), on_today(group=str(group.pk)))
    assert response["Location"] == address(hub, "place", place.pk)
    assert said(response) == [
        "Ash Lane Primary School joined Ash Group. Letters to Hana Head, Teacher 1 and Teacher 2 are on their way."
    ]
    assert now_of(place).group == group


def test_the_groups_to_choose_are_those_of_the_stage_and_year_without_her_own_school(
    desk: Client, hub: Hub, place: Place, group: WorkGroup
) -> None:
    work.make_group(hub, stage_year=work.stage_year_of(stage="primary-embedding"))
    own = work.make_group(hub, "Own", specialist=work.make_specialist(hub, "Nora", school=place.school))
    response = desk.get(address(hub, "place_join", place.pk))
    assert list(response.context["form"].groups) == [group.pk]
    assert "Nora, who leads Own, teaches at Ash Lane Primary School." in text_of(response)
    errors = desk.post(address(hub, "place_join", place.pk), on_today(group=str(own.pk))).context["form"].errors
    assert errors == {"group": ["Choose the Work Group"]}


def test_without_a_group_to_choose_one_is_formed_first(desk: Client, place: Place) -> None:
    page = desk.get(address(place.hub, "place_join", place.pk))
    assert "No group to choose" in text_of(page)
    assert address(place.hub, "group_form") in page.text


def test_a_school_moves_to_the_group_that_led_here(desk: Client, in_group: Place) -> None:
    hub, elm = in_group.hub, work.make_group(in_group.hub, "Elm Group")
    form = desk.get(address(hub, "place_move", in_group.pk, query=f"group={elm.pk}")).context["form"]
    assert form["group"].value() == str(elm.pk)
    assert list(form.groups) == [elm.pk]
    response = desk.post(address(hub, "place_move", in_group.pk), on_today(group=str(elm.pk), reason=REASON))
    assert said(response)[-1].startswith("Ash Lane Primary School moved to Elm Group. Letters to Hana Head")
    assert now_of(in_group).group == elm


@pytest.mark.parametrize(
    ("name", "state", "told"),
    [
        ("take_out", PlaceState.WAITING, "is out of the group and waits for another one."),
        ("leave", PlaceState.LEFT, "is recorded as having left."),
    ],
)
def test_a_school_leaves_its_group_with_day_and_reason(
    desk: Client, in_group: Place, name: str, state: PlaceState, told: str
) -> None:
    url = address(in_group.hub, f"place_{name}", in_group.pk)
    errors = desk.post(url, {"reason": " "}).context["form"].errors
    assert errors == {"on": ["Enter the day"], "reason": ["Enter the reason"]}
    tomorrow = timezone.localdate() + dt.timedelta(days=1)
    errors = desk.post(url, on(tomorrow, reason=REASON)).context["form"].errors
    assert list(errors) == ["on"]
    assert errors["on"][0].startswith("Enter a day from")
    response = desk.post(url, on_today(reason=REASON))
    assert said(response)[-1] == f"Ash Lane Primary School {told}"
    assert now_of(in_group).state == state
    assert REASON in text_of(desk.get(address(in_group.hub, "place", in_group.pk)))


def test_a_school_that_left_is_back(desk: Client, in_group: Place) -> None:
    hub = in_group.hub
    desk.post(address(hub, "place_leave", in_group.pk), on_today(reason=REASON))
    response = desk.post(address(hub, "place_come_back", in_group.pk), on_today(reason="They found a teacher."))
    assert said(response)[-1] == "Ash Lane Primary School is back and waits for a group."
    assert now_of(in_group).state == PlaceState.WAITING


@pytest.mark.parametrize(
    ("outcome", "told"),
    [
        ("completed", "It is recorded that Ash Lane Primary School has completed. Every hub can read it."),
        ("not_completed", "It is recorded that Ash Lane Primary School has not completed. Every hub can read it."),
    ],
)
def test_completion_is_decided_beside_the_evidence_and_taken_back(
    desk: Client, in_group: Place, outcome: str, told: str
) -> None:
    hub, url = in_group.hub, address(in_group.hub, "place_complete", in_group.pk)
    page = text_of(desk.get(url))
    assert "Meetings of Ash Group held: 0 of 6 that the stage plans." in page
    assert "Teacher 1: no attendance recorded." in page
    errors = desk.post(url, day_boxes("on", timezone.localdate())).context["form"].errors
    assert errors == {
        "outcome": ["Choose whether the school has completed"],
        "reason": ["Enter the reason for the decision"],
    }
    response = desk.post(url, on_today(outcome=outcome, reason=REASON))
    assert said(response)[-1] == told
    assert outcomes(in_group) == [outcome]
    record = text_of(desk.get(address(hub, "place", in_group.pk)))
    assert "Evidence of that day" in record
    assert "Support visits held: 0 of 3." in record

    response = desk.post(address(hub, "place_reopen", in_group.pk), on_today(reason="Too early."))
    assert said(response)[-1] == "Ash Lane Primary School takes part again."
    assert outcomes(in_group) == ["taking_part"]


def test_what_another_hub_has_recorded_is_said_and_nothing_is_saved(
    desk: Client, place: Place, group: WorkGroup, other_hub: Hub
) -> None:
    Participation.objects.create(
        school=place.school, stage=place.stage_year.stage, year=place.stage_year.year, outcome="completed",
        recorded_for=other_hub, recorded_at=timezone.now(),
    )  # fmt: skip
    response = desk.post(address(place.hub, "place_join", place.pk), on_today(group=str(group.pk)))
    assert "Severnmoor Maths Hub has recorded Ash Lane Primary School" in text_of(response)
    assert now_of(place).state == PlaceState.WAITING
    assert len(history(place)) == 1
