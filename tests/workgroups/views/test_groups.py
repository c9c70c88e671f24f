from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from hubs import tenancy
from hubs.models import Hub, User
from hubs.wording import plain_day
from hubs.years import academic_year_of, first_day_of
from tests import factories, work
from tests.workgroups.conftest import outcomes
from tests.workgroups.views.pages import ClientOf, queries_of, said, text_of
from tests.workgroups.views.places import address, now_of, on, on_today
from workgroups import placing
from workgroups.models import MasterySpecialist, Place, PlaceState, WorkGroup


@pytest.fixture
def mina(hub: Hub) -> MasterySpecialist:
    school = factories.make_school("Mina's School", easting=450_000, northing=300_000)
    return work.make_specialist(hub, "Mina Mastery", school=school)


@pytest.fixture
def group(hub: Hub, mina: MasterySpecialist) -> WorkGroup:
    return work.make_group(hub, "Ash Group", specialist=mina)


def limit(group: WorkGroup, number: int) -> None:
    with tenancy.use(group.hub):
        WorkGroup.objects.filter(pk=group.pk).update(size_limit=number)


def place_at(hub: Hub, name: str, *, metres: int | None, group: WorkGroup | None = None) -> Place:
    """A place whose school lies so many metres east of Mina's."""
    position = {} if metres is None else {"easting": 450_000 + metres, "northing": 300_000}
    return work.make_place(hub, factories.make_school(name, **position), group=group)


# --- The list ------------------------------------------------------------------------------------


def test_an_empty_list_says_how_to_begin(desk: Client, hub: Hub) -> None:
    page = desk.get(address(hub, "group_list"))
    assert "No Work Group yet" in text_of(page)
    assert address(hub, "group_form") in page.text


def test_the_list_shows_the_groups_of_this_year_with_schools_and_next_meeting(
    desk: Client, hub: Hub, group: WorkGroup
) -> None:
    for _ in range(2):
        work.make_place(hub, group=group)
    limit(group, 1)
    work.make_group(hub, "Last year's", stage_year=work.stage_year_of(year=work.this_year() - 1))
    work.make_place(hub)
    tomorrow = timezone.now() + dt.timedelta(days=1)
    work.make_meeting(group, starts_at=timezone.now() - dt.timedelta(days=1))
    work.make_meeting(group, starts_at=tomorrow)
    work.make_meeting(group, starts_at=tomorrow - dt.timedelta(hours=2), state="cancelled", cancelled_reason="Snow.")

    response = desk.get(address(hub, "group_list"))
    (listed,) = response.context["page"]
    assert (listed, listed.members, listed.next_meeting) == (group, 2, tomorrow)
    assert [(figure.label, figure.value) for figure in response.context["figures"]] == [
        ("Work Groups", 1), ("Schools in them", 2), ("Schools without a group", 1),
    ]  # fmt: skip
    assert "2 of 1 Over the limit" in text_of(response)


def test_the_list_is_filtered_by_stage_year_and_specialist(desk: Client, hub: Hub, group: WorkGroup) -> None:
    earlier = work.make_group(hub, "Earlier", stage_year=work.stage_year_of(year=work.this_year() - 1))
    other = work.make_group(hub, "Embedding", stage_year=work.stage_year_of(stage="primary-embedding"))

    def listed(query: str) -> list[WorkGroup]:
        return list(desk.get(address(hub, "group_list", query=query)).context["page"])

    assert listed("") == [group, other]
    assert listed("year=all") == [group, other, earlier]
    assert listed(f"year={work.this_year() - 1}") == [earlier]
    assert listed("stage=primary-embedding") == [other]
    assert listed(f"specialist={group.specialist_id}") == [group]
    assert listed("stage=x&year=x&specialist=x&page=x") == [group, other]
    assert "govuk-error-message" not in desk.get(address(hub, "group_list", query="stage=x&year=x&specialist=x")).text
    assert "No Work Group here" in text_of(
        desk.get(address(hub, "group_list", query=f"stage=primary-embedding&specialist={group.specialist_id}"))
    )


def test_a_specialist_sees_her_groups_only_and_forms_none(
    hub: Hub, group: WorkGroup, specialist: User, client_of: ClientOf
) -> None:
    hers = work.make_group(hub, "Hers", specialist=work.make_specialist(hub, user=specialist))
    work.make_place(hub)
    response = client_of(specialist).get(address(hub, "group_list"))
    assert list(response.context["page"]) == [hers]
    assert "Ash Group" not in response.text
    assert address(hub, "group_form") not in response.text
    # How many wait is not hers to know.
    assert [figure.label for figure in response.context["figures"]] == ["Work Groups", "Schools in them"]


@pytest.mark.parametrize("query", ["", "year=all", "stage=primary-developing"])
def test_the_number_of_schools_without_a_group_leads_to_these_schools(
    desk: Client, hub: Hub, group: WorkGroup, query: str
) -> None:
    work.make_place(hub, group=group)
    waits = work.make_place(hub)
    figure = desk.get(address(hub, "group_list", query=query)).context["figures"][-1]
    assert (figure.label, figure.value) == ("Schools without a group", 1)
    places = desk.get(figure.url)
    assert list(places.context["page"]) == [waits]
    assert "govuk-error-message" not in places.text
    # "All years", where it was chosen, stays chosen.
    assert [one.label for one in places.context["chosen"]].count("All years") == (query == "year=all")


def test_where_no_school_waits_the_number_leads_nowhere(desk: Client, hub: Hub, group: WorkGroup) -> None:
    figure = desk.get(address(hub, "group_list")).context["figures"][-1]
    assert (figure.label, figure.value, figure.url) == ("Schools without a group", 0, "")


# As in earnest, where a request's transaction is no savepoint of another.
@pytest.mark.django_db(transaction=True)
def test_the_list_takes_as_many_queries_for_three_groups_as_for_one(desk: Client, hub: Hub, group: WorkGroup) -> None:
    work.make_place(hub, group=group)
    work.make_place(hub)
    with_one = queries_of(desk, address(hub, "group_list"))
    for _ in range(2):
        work.make_meeting(another := work.make_group(hub))
        work.make_place(hub, group=another)
        work.make_place(hub, stage="primary-embedding")
    assert queries_of(desk, address(hub, "group_list")) == with_one <= 10


# --- Forming and changing ------------------------------------------------------------------------


def test_a_group_is_formed_and_its_schools_are_chosen_next(desk: Client, hub: Hub, mina: MasterySpecialist) -> None:
    stage_year = work.stage_year_of()
    typed = {"stage_year": stage_year.pk, "name": " Ashby  1 ", "specialist": mina.pk, "size_limit": ""}
    response = desk.post(address(hub, "group_form"), typed)
    with tenancy.use(hub):
        formed = WorkGroup.objects.get()
    assert (formed.name, formed.specialist_id, formed.size_limit) == ("Ashby 1", mina.pk, stage_year.largest_group)
    assert response["Location"] == address(hub, "group_places", formed.pk)
    assert said(response) == ["Ashby 1 is formed. Choose the schools that join it."]

    again = desk.post(address(hub, "group_form"), typed)
    assert again.status_code == 200
    assert "Choose another name: there is a group of this name for Developing" in text_of(again)


def test_without_specialists_there_is_nobody_to_lead_a_group(desk: Client, hub: Hub) -> None:
    page = desk.get(address(hub, "group_form"))
    assert address(hub, "specialist_add") in page.text
    assert "Form the group" not in page.text


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("stage_year", "", "Choose the stage and year"),
        ("name", "", "Enter a name"),
        ("name", "www.example.org", "Enter a name, without a web or e-mail address"),
        ("specialist", "0", "Choose the Mastery Specialist"),
        ("size_limit", "61", "Enter a number of schools from 1 to 60, like 7"),
        ("size_limit", "many", "Enter a number of schools from 1 to 60, like 7"),
    ],
)
def test_what_is_missing_or_wrong_is_said(
    desk: Client, hub: Hub, mina: MasterySpecialist, field: str, value: str, told: str
) -> None:
    typed = {"stage_year": work.stage_year_of().pk, "name": "Ash", "specialist": mina.pk, "size_limit": "7"}
    response = desk.post(address(hub, "group_form"), {**typed, field: value})
    assert response.context["form"].errors == {field: [told]}


def test_a_specialist_who_begins_next_year_leads_a_group_of_next_year(desk: Client, hub: Hub) -> None:
    now, later = work.stage_year_of(), work.stage_year_of(year=academic_year_of(timezone.localdate()) + 1)
    begins = first_day_of(later.year)
    nina = work.make_specialist(hub, "Nina New", starts_on=begins)
    page = desk.get(address(hub, "group_form"))
    assert f"Nina New, {nina.cohort_in_words}, from {plain_day(begins)}" in page.text
    typed = {"name": "Ash", "specialist": nina.pk, "size_limit": "7"}
    errors = desk.post(address(hub, "group_form"), typed | {"stage_year": now.pk}).context["form"].errors
    assert errors == {"specialist": [f"Nina New does not work for the hub in {now.year_label}. Choose somebody else"]}
    desk.post(address(hub, "group_form"), typed | {"stage_year": later.pk})
    with tenancy.use(hub):
        assert WorkGroup.objects.get().specialist == nina
    this_years = work.make_group(hub, stage_year=now)
    form = desk.get(address(hub, "group_change", this_years.pk)).context["form"]
    assert nina.pk not in form.specialists and this_years.specialist_id in form.specialists


def test_a_specialist_who_has_ended_leads_no_new_group(desk: Client, hub: Hub, mina: MasterySpecialist) -> None:
    ended = work.make_specialist(hub, "Olga Old", ends_on=timezone.localdate())
    page = desk.get(address(hub, "group_form"))
    assert "Mina Mastery" in page.text
    assert "Olga Old" not in page.text
    group = work.make_group(hub, specialist=ended)
    # She leads this one until somebody else does.
    assert "Olga Old" in desk.get(address(hub, "group_change", group.pk)).text


def test_a_group_changes_or_is_so_already(desk: Client, hub: Hub, group: WorkGroup, mina: MasterySpecialist) -> None:
    typed = {"name": "Birch Group", "specialist": mina.pk, "size_limit": "9"}
    response = desk.post(address(hub, "group_change", group.pk), typed)
    assert (response["Location"], said(response)) == (address(hub, "group", group.pk), ["Birch Group is changed."])
    response = desk.post(address(hub, "group_change", group.pk), typed)
    assert said(response)[-1] == "It was so already. Nothing has changed."


def test_a_specialist_whose_school_is_in_the_group_is_refused_where_she_is_chosen(
    desk: Client, hub: Hub, group: WorkGroup
) -> None:
    place = work.make_place(hub, group=group)
    nora = work.make_specialist(hub, "Nora Next", school=place.school)
    typed = {"name": "Ash Group", "specialist": nora.pk, "size_limit": "7"}
    errors = desk.post(address(hub, "group_change", group.pk), typed).context["form"].errors
    assert list(errors) == ["specialist"]
    assert "which is in the group" in errors["specialist"][0]


# --- One group -----------------------------------------------------------------------------------


def test_the_page_of_a_group_shows_its_schools_under_todays_name_and_who_was_in_it(
    desk: Client, hub: Hub, group: WorkGroup
) -> None:
    ash = factories.make_school("Ash Lane Primary School", urn=100_001)
    work.make_place(hub, ash, group=group)
    factories.go_on_as(ash, factories.make_school("Birch Academy", urn=100_002, town="Birchford"))
    gone = work.make_place(hub, factories.make_school("Cedar School"))
    desk.post(address(hub, "group_places", group.pk), on_today(places=str(gone.pk)))
    desk.post(address(hub, "place_leave", gone.pk), on_today(reason="Too far."))

    response = desk.get(address(hub, "group", group.pk))
    page = text_of(response)
    assert "Birch Academy Birchford · URN 100002, formerly Ash Lane Primary School, URN 100001" in page
    assert "Teacher 1, Teacher 2" in page
    assert "1 of 7 schools, led by Mina Mastery" in page
    assert "There is room for 6 more." in page
    assert "Were in the group Cedar School , left on" in page
    assert "Cedar School joined on" in page


def test_a_former_school_went_by_the_step_out_of_this_group_whatever_became_of_it_since(
    desk: Client, hub: Hub, group: WorkGroup, lead: User
) -> None:
    now, actor = timezone.now(), factories.membership_of(lead, hub)
    given: dict[str, Any] = {"on": timezone.localdate(now), "actor": actor, "now": now}
    place, elm = work.make_place(hub, group=group), work.make_group(hub, "Elm")
    with tenancy.use(hub):
        placing.move(place=place, group=elm, reason="Nearer.", **given)
        placing.take_out(place=place, reason="For now.", **given)
    former = {one.pk: desk.get(address(hub, "group", one.pk)).context["former"] for one in (group, elm)}
    assert [event.kind for event in former[group.pk]] == ["moved"]
    assert [event.kind for event in former[elm.pk]] == ["taken_out"]


def test_a_school_that_came_back_to_the_group_is_no_former_one(desk: Client, hub: Hub, group: WorkGroup) -> None:
    place = work.make_place(hub)
    for step, typed in (("join", {"group": str(group.pk)}), ("take_out", {"reason": "By mistake."})) * 2:
        desk.post(address(hub, f"place_{step}", place.pk), on_today(**typed))
    assert [event.place for event in desk.get(address(hub, "group", group.pk)).context["former"]] == [place]
    desk.post(address(hub, "place_join", place.pk), on_today(group=str(group.pk)))
    assert desk.get(address(hub, "group", group.pk)).context["former"] == []


def test_the_page_of_a_group_takes_as_many_queries_for_three_schools_as_for_one(
    desk: Client, hub: Hub, group: WorkGroup
) -> None:
    work.make_visit(work.make_place(hub, group=group))
    work.make_meeting(group)
    with_one = queries_of(desk, address(hub, "group", group.pk))
    for days in (20, 21):
        work.make_visit(work.make_place(hub, group=group))
        work.make_meeting(group, starts_at=timezone.now() + dt.timedelta(days=days))
    assert queries_of(desk, address(hub, "group", group.pk)) == with_one


# --- Who joins it --------------------------------------------------------------------------------


def test_those_who_wait_are_listed_the_nearest_first_and_unknown_distances_last(
    desk: Client, hub: Hub, group: WorkGroup, mina: MasterySpecialist
) -> None:
    places = {
        name: place_at(hub, name, metres=metres)
        for name, metres in (("Far", 12_345), ("Unknown", None), ("Near", 900), ("Middle", 3_000))
    }
    own = work.make_place(hub, mina.school)
    elsewhere = place_at(hub, "Elsewhere", metres=100, group=work.make_group(hub, "Elm Group"))
    work.make_place(hub, stage="primary-embedding")

    response = desk.get(address(hub, "group_places", group.pk))
    rows = [(one.place, one.kilometres) for one, _ in response.context["rows"]]
    assert rows == [
        (places["Near"], "0.9 km"), (places["Middle"], "3.0 km"), (places["Far"], "12.3 km"), (places["Unknown"], ""),
        (own, "0.0 km"),
    ]  # fmt: skip
    assert [one.place for one in response.context["elsewhere"]] == [elsewhere]
    page = text_of(response)
    assert "Mina Mastery, who leads Ash Group, teaches at Mina's School" in page
    assert "Ash Group has 0 of 7 schools: there is room for 7 more" in page
    # Nothing to tick where it cannot join.
    assert response.text.count('name="places"') == len(rows) - 1
    assert address(hub, "place_move", elsewhere.pk, query=f"group={group.pk}") in response.text


def test_a_school_that_has_changed_is_measured_where_it_is_today_or_was(
    desk: Client, hub: Hub, group: WorkGroup
) -> None:
    moved, renamed = place_at(hub, "Moved", metres=9_000), place_at(hub, "Renamed", metres=2_000)
    factories.go_on_as(moved.school, factories.make_school("New site", easting=451_000, northing=300_000))
    factories.go_on_as(renamed.school, factories.make_school("New name"))
    rows = desk.get(address(hub, "group_places", group.pk)).context["rows"]
    assert [(one.place, one.metres) for one, _ in rows] == [(moved, 1000), (renamed, 2000)]


def test_several_join_in_one_go_and_too_many_are_warned_of(desk: Client, hub: Hub, group: WorkGroup) -> None:
    limit(group, 2)
    places = [place_at(hub, f"School {number}", metres=number) for number in range(1, 6)]
    ticked = [str(place.pk) for place in places[:4]]
    response = desk.post(address(hub, "group_places", group.pk), {**on_today(), "places": ticked})

    assert response["Location"] == address(hub, "group", group.pk)
    joined, warned = said(response)
    assert joined.startswith("School 1, School 2, School 3 and 1 more joined Ash Group. Letters to the heads")
    assert warned == "Ash Group has 4 schools now, more than the 2 you set."
    assert [now_of(place).state for place in places] == [*([PlaceState.IN_GROUP] * 4), PlaceState.WAITING]
    assert outcomes(places[0]) == ["taking_part"]


def test_one_that_cannot_join_is_said_and_the_others_join(desk: Client, hub: Hub, group: WorkGroup) -> None:
    long_ago = timezone.now() - dt.timedelta(days=10)
    one = work.make_place(hub, factories.make_school("Ash"), accepted_at=long_ago)
    two = work.make_place(hub, factories.make_school("Birch"))
    typed = on(timezone.localdate(long_ago))
    response = desk.post(address(hub, "group_places", group.pk), {**typed, "places": [str(one.pk), str(two.pk)]})

    assert response["Location"] == address(hub, "group_places", group.pk)
    refused, joined = said(response)
    assert refused.startswith("Birch has not joined. Enter a day from")
    assert joined.startswith("Ash joined Ash Group.")
    assert (now_of(one).state, now_of(two).state) == (PlaceState.IN_GROUP, PlaceState.WAITING)


def test_nothing_ticked_or_no_day_is_said_and_what_was_ticked_stays(desk: Client, hub: Hub, group: WorkGroup) -> None:
    place = work.make_place(hub)
    response = desk.post(address(hub, "group_places", group.pk), on_today())
    assert response.context["form"].errors == {"places": ["Tick at least one school"]}
    response = desk.post(address(hub, "group_places", group.pk), {"places": [str(place.pk)]})
    assert response.context["form"].errors == {"on": ["Enter the day on which they join"]}
    assert [ticked for _, ticked in response.context["rows"]] == [True]


def test_who_has_joined_elsewhere_meanwhile_is_not_ticked(desk: Client, hub: Hub, group: WorkGroup) -> None:
    waits, joined = work.make_place(hub), work.make_place(hub, group=work.make_group(hub))
    response = desk.post(
        address(hub, "group_places", group.pk), {**on_today(), "places": [str(waits.pk), str(joined.pk)]}
    )
    assert list(response.context["form"].errors) == ["places"]
    assert "does not wait for a group any more" in text_of(response)
    assert now_of(waits).state == PlaceState.WAITING


def test_when_nobody_waits_it_says_who_may_come(desk: Client, hub: Hub, group: WorkGroup) -> None:
    page = desk.get(address(hub, "group_places", group.pk))
    assert "No school waits for a group" in text_of(page)
    assert address(hub, "expression_list", query="state=offered") in page.text


# As in earnest, where a request's transaction is no savepoint of another.
@pytest.mark.django_db(transaction=True)
def test_the_page_takes_as_many_queries_for_three_schools_as_for_one(desk: Client, hub: Hub, group: WorkGroup) -> None:
    other = work.make_group(hub)

    def add(number: int) -> None:
        for to in (None, other):
            place = place_at(hub, f"School {number}", metres=number, group=to)
            factories.go_on_as(place.school, factories.make_school(f"Academy {number}"))

    add(1)
    with_one = queries_of(desk, address(hub, "group_places", group.pk))
    add(2)
    add(3)
    assert queries_of(desk, address(hub, "group_places", group.pk)) == with_one <= 10


def test_the_day_on_which_they_join_a_group_of_a_year_to_come_is_its_first_one(desk: Client, hub: Hub) -> None:
    year = work.this_year() + 1
    coming = work.make_group(hub, stage_year=work.stage_year_of(year=year))
    place = work.make_place(hub, year=year)
    runs = work.make_group(hub)
    begins = dt.date(year, 9, 1)

    def proposed(name: str, pk: int) -> dt.date:
        found: dt.date = desk.get(address(hub, name, pk)).context["form"]["on"].value()
        return found

    assert proposed("group_places", coming.pk) == begins
    assert proposed("place_join", place.pk) == begins
    assert proposed("group_places", runs.pk) == timezone.localdate()

    early = desk.post(address(hub, "group_places", coming.pk), {**on_today(), "places": [str(place.pk)]}, follow=True)
    assert f"has not joined. Enter a day from 1 September {year}" in text_of(early)
    desk.post(address(hub, "group_places", coming.pk), {**on(begins), "places": [str(place.pk)]})
    assert now_of(place).state == PlaceState.IN_GROUP
