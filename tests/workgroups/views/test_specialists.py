from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from hubs import tenancy
from hubs.models import Hub, Membership, Role, User
from hubs.years import label_of
from schools.models import School
from tests import factories, work
from tests.workgroups.views.pages import ClientOf, day_boxes, queries_of, said, text_of
from tests.workgroups.views.places import address
from workgroups.models import DaysAgreed, MasterySpecialist


@pytest.fixture
def school(hub: Hub) -> School:
    return factories.make_school("Mina's Primary School")


def typed(own: School, **other: str) -> dict[str, str]:
    """A form as the type-ahead leaves it."""
    return {
        "name": "Mina Mastery",
        "email": "Mina@people.example",
        "user": "",
        "phase": "primary",
        "cohort": "7",
        "school": own.label,
        "urn": str(own.urn),
        **day_boxes("starts_on", dt.date(2025, 9, 1)),
        "days_this_year": "15½",
        "days_next_year": "",
        **other,
    }


def the_specialist(hub: Hub) -> MasterySpecialist:
    with tenancy.use(hub):
        return MasterySpecialist.objects.select_related("school", "user").get()


def agreed(hub: Hub) -> dict[int, int]:
    with tenancy.use(hub):
        return dict(DaysAgreed.objects.values_list("year", "half_days"))


# --- The list ------------------------------------------------------------------------------------


def test_the_list_shows_who_works_for_the_hub_and_who_did(desk: Client, hub: Hub, administrator: User) -> None:
    nora = work.make_specialist(hub, "Nora Next", cohort=11)
    work.make_group(hub, specialist=nora)
    work.make_group(hub, specialist=nora, stage_year=work.stage_year_of(year=work.this_year() - 1))
    ada = work.make_specialist(hub, "Ada Again", email=administrator.email)
    work.make_specialist(hub, "Olga Old", ends_on=timezone.localdate())
    with tenancy.use(hub):
        DaysAgreed.objects.create(hub=hub, specialist=nora, year=work.this_year(), half_days=25)
        DaysAgreed.objects.create(hub=hub, specialist=nora, year=work.this_year() - 1, half_days=9)

    response = desk.get(address(hub, "specialist_list"))
    listed = response.context["specialists"]
    assert [(one.name, one.half_days, one.groups_led, one.is_member) for one in listed] == [
        (ada.name, None, 0, True), (nora.name, 25, 1, False),
    ]  # fmt: skip
    assert [one.name for one in response.context["former"]] == ["Olga Old"]
    assert "Nora Next Primary cohort 11 School of Nora Next Ashby Marsh 1 12½ days None yet" in text_of(response)


def test_an_empty_list_says_how_to_begin(desk: Client, hub: Hub) -> None:
    assert "No Mastery Specialist yet" in text_of(desk.get(address(hub, "specialist_list")))


@pytest.mark.django_db(transaction=True)
def test_the_list_takes_as_many_queries_for_three_as_for_one(desk: Client, hub: Hub) -> None:
    def add() -> None:
        group = work.make_group(hub)
        factories.go_on_as(group.specialist.school, factories.make_school("Academy"))

    add()
    with_one = queries_of(desk, address(hub, "specialist_list"))
    add()
    add()
    assert queries_of(desk, address(hub, "specialist_list")) == with_one <= 10


# --- Adding and changing -------------------------------------------------------------------------


def test_a_specialist_is_added_with_the_days_agreed(desk: Client, hub: Hub, school: School) -> None:
    response = desk.post(address(hub, "specialist_add"), typed(school, days_next_year="20"))
    added = the_specialist(hub)
    assert (added.name, added.email, added.school, added.user) == ("Mina Mastery", "mina@people.example", school, None)
    assert agreed(hub) == {work.this_year(): 31, work.this_year() + 1: 40}
    assert response["Location"] == address(hub, "specialist", added.pk)
    assert said(response) == ["Mina Mastery is added. You can form a group with them now."]


def test_the_school_is_asked_for_where_several_have_what_was_typed(desk: Client, hub: Hub) -> None:
    north, south = (factories.make_school(f"Cedar School {part}") for part in ("North", "South"))
    form = typed(north, school="cedar", urn="")
    page = desk.post(address(hub, "specialist_add"), form)
    assert list(page.context["form"].errors) == ["found"]
    assert all(name in page.text for name in (north.name, south.name))

    desk.post(address(hub, "specialist_add"), {**form, "found": str(south.pk)})
    assert the_specialist(hub).school == south


def test_a_urn_alone_is_enough(desk: Client, hub: Hub, school: School) -> None:
    desk.post(address(hub, "specialist_add"), typed(school, school=str(school.urn), urn=""))
    assert the_specialist(hub).school == school


def test_without_javascript_what_is_typed_counts_and_not_the_school_before(
    desk: Client, hub: Hub, school: School
) -> None:
    desk.post(address(hub, "specialist_add"), typed(school))
    other = factories.make_school("Quite Another School")
    form = typed(school, school=str(other.urn), urn=str(school.urn))
    desk.post(address(hub, "specialist_change", the_specialist(hub).pk), form)
    assert the_specialist(hub).school == other


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("school", "", "Enter the school's name, town, postcode or URN"),
        ("school", "xq", "Type at least three letters or digits"),
        ("school", "nowhere at all", "No school is found: check the spelling, or enter the postcode or URN"),
        ("cohort", "0", "Enter the number of the cohort, like 7"),
        ("phase", "", "Choose the phase"),
        ("email", "mina", "Enter the e-mail address, like name@school.sch.uk"),
        ("days_this_year", "201", "Enter 200 days or fewer"),
        ("days_next_year", "lots", "Enter days as a number, like 15 or 7½"),
        ("user", "0", "Choose a member from the list"),
    ],
)
def test_what_is_missing_or_wrong_is_said(
    desk: Client, hub: Hub, school: School, field: str, value: str, told: str
) -> None:
    response = desk.post(address(hub, "specialist_add"), typed(school, urn="", **{field: value}))
    assert response.context["form"].errors[field] == [told]
    with tenancy.use(hub):
        assert not MasterySpecialist.objects.exists()


def test_a_second_one_with_the_address_is_refused_at_the_address(desk: Client, hub: Hub, school: School) -> None:
    desk.post(address(hub, "specialist_add"), typed(school))
    errors = desk.post(address(hub, "specialist_add"), typed(school, name="Another")).context["form"].errors
    assert errors == {"email": ["Mina Mastery has this e-mail address already: change that record instead"]}


def test_members_with_that_role_and_no_other_record_can_be_connected(
    desk: Client, hub: Hub, school: School, specialist: User, lead: User
) -> None:
    taken = factories.make_member(hub, Role.MASTERY_SPECIALIST, "Tara Taken")
    work.make_specialist(hub, user=taken)
    form = desk.get(address(hub, "specialist_add")).context["form"]
    assert [pk for pk, _ in form.fields["user"].choices] == ["", specialist.pk]

    desk.post(address(hub, "specialist_add"), typed(school, user=str(specialist.pk)))
    with tenancy.use(hub):
        added = MasterySpecialist.objects.get(name="Mina Mastery")
        assert added.user == specialist
    # Hers can be kept, whatever her role is by now.
    Membership.objects.filter(user=specialist).update(role=Role.HUB_LEAD)
    form = desk.get(address(hub, "specialist_change", added.pk)).context["form"]
    assert [pk for pk, _ in form.fields["user"].choices] == ["", specialist.pk]


def test_a_specialist_stops_on_a_day_and_is_listed_apart(desk: Client, hub: Hub, school: School) -> None:
    desk.post(address(hub, "specialist_add"), typed(school))
    one = the_specialist(hub)
    too_early = day_boxes("ends_on", dt.date(2025, 8, 31))
    errors = desk.post(address(hub, "specialist_change", one.pk), typed(school, **too_early)).context["form"].errors
    assert errors == {"ends_on": ["Enter a day that is not before the first one, or leave it empty"]}

    response = desk.post(
        address(hub, "specialist_change", one.pk), typed(school, **day_boxes("ends_on", timezone.localdate()))
    )
    assert said(response)[-1] == "Mina Mastery is changed."
    assert desk.get(address(hub, "specialist_list")).context["former"] == [one]
    assert "Ended" in text_of(desk.get(address(hub, "specialist", one.pk)))


def test_the_form_shows_what_is_known_and_saving_it_again_changes_nothing(
    desk: Client, hub: Hub, school: School
) -> None:
    desk.post(address(hub, "specialist_add"), typed(school))
    one = the_specialist(hub)
    # It has closed since, and nobody knows what it is now.
    factories.go_on_as(school)
    form = desk.get(address(hub, "specialist_change", one.pk)).context["form"]
    shown = {name: form[name].value() for name in ("name", "school", "urn", "days_this_year")}
    assert shown == {"name": one.name, "school": school.label, "urn": school.urn, "days_this_year": "15½"}
    response = desk.post(address(hub, "specialist_change", one.pk), typed(school))
    assert said(response)[-1] == "It was so already. Nothing has changed."


def test_days_that_are_emptied_are_none(desk: Client, hub: Hub, school: School) -> None:
    desk.post(address(hub, "specialist_add"), typed(school))
    response = desk.post(
        address(hub, "specialist_change", the_specialist(hub).pk), typed(school, days_this_year="", days_next_year="")
    )
    assert said(response)[-1] == "Mina Mastery is changed."
    assert agreed(hub) == {work.this_year(): 0}


# --- One Specialist ------------------------------------------------------------------------------


def test_the_page_shows_school_groups_and_days(desk: Client, hub: Hub, school: School) -> None:
    desk.post(address(hub, "specialist_add"), typed(school))
    one = the_specialist(hub)
    group = work.make_group(hub, "Ash Group", specialist=one)
    work.make_place(hub, group=group)
    factories.go_on_as(school, factories.make_school("Mina's Academy"))
    page = text_of(desk.get(address(hub, "specialist", one.pk)))
    assert "Mastery Specialist, Primary cohort 7 Mina Mastery" in page
    assert "Mina's Academy URN" in page
    assert "formerly Mina's Primary School, URN" in page
    assert "Ash Group Developing (primary)" in page
    assert "1 of 7" in page
    assert f"Agreed for {label_of(work.this_year())} 15½ days" in page
    assert "Added: Primary cohort 7, Mina's Primary School." in page


def test_a_specialist_sees_herself_and_nobody_else(
    hub: Hub, specialist: User, client_of: ClientOf, desk: Client
) -> None:
    hers, other = work.make_specialist(hub, user=specialist), work.make_specialist(hub)
    browser = client_of(specialist)
    assert browser.get(address(hub, "specialist", hers.pk)).status_code == 200
    assert address(hub, "specialist_change", hers.pk) not in browser.get(address(hub, "specialist", hers.pk)).text
    assert browser.get(address(hub, "specialist", other.pk)).status_code == 404
    assert desk.get(address(hub, "specialist", other.pk)).status_code == 200
