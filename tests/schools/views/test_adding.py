from __future__ import annotations

import datetime as dt
import html
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from hubs.models import Hub, HubArea, LocalAuthority, User
from programmes.models import Participation, Stage
from schools import ancestry
from schools.models import School
from tests import factories

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]
HERON = {
    "name": "Heron Rise Primary School",
    "town": "Ellerbridge",
    "postcode": "nv77zz",
    "authority": "001",
    "kind": "free",
    "phase": "Primary",
    "low_age": "4",
    "high_age": "11",
    "opens_on_day": "1",
    "opens_on_month": "9",
    "opens_on_year": "2028",
}


@pytest.fixture(autouse=True)
def _area(hub: Hub) -> None:
    HubArea.objects.create(hub=hub, authority=LocalAuthority.objects.create(code="001", name="Northvale"))


@pytest.fixture
def console(administrator: User, client_of: ClientOf) -> Client:
    return client_of(administrator)


def url(hub: Hub) -> str:
    return reverse("school_add", args=[hub.slug])


def text_of(response: Any) -> str:
    return html.unescape(" ".join(response.content.decode().split()))


def said(response: Any) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


def added() -> list[str]:
    return [school.label for school in School.objects.exclude(added_by=None)]


def test_a_school_that_nothing_is_like_is_added_at_once(console: Client, hub: Hub) -> None:
    assert console.get(url(hub)).status_code == 200

    response = console.post(url(hub), HERON)

    assert response["Location"] == reverse("school_changes", args=[hub.slug])
    assert "Heron Rise Primary School is added" in said(response)[0]
    assert added() == ["Heron Rise Primary School, Ellerbridge, NV7 7ZZ"]
    assert "Heron Rise Primary School" in text_of(console.get(response["Location"]))


def test_first_it_is_asked_whether_it_is_one_of_those_that_are_known(console: Client, hub: Hub) -> None:
    known = factories.make_school("Heron Rise School", postcode="NV7 7ZZ")

    question = console.post(url(hub), HERON)

    page = text_of(question)
    assert "Is it one of these?" in page
    assert "Heron Rise School" in page
    assert f"URN {known.urn}" in page
    assert f'href="{reverse("school", args=[hub.slug, known.urn])}" target="_blank"' in page
    assert "your answer is kept and you are not asked about these schools again" in page
    assert added() == []

    sent = question.context["sent"]
    assert sent == {**HERON, "seen": str(known.urn)}
    assert console.post(url(hub), sent).status_code == 302
    assert len(added()) == 1


@pytest.mark.parametrize(("query", "page"), [("", "school_changes"), ("?via=schools", "school_list")])
def test_adding_leads_back_to_where_it_was_begun(console: Client, hub: Hub, query: str, page: str) -> None:
    factories.make_school("Heron Rise School", postcode="NV7 7ZZ")
    back = reverse(page, args=[hub.slug])
    address = url(hub) + query
    assert f'href="{address}"' in text_of(console.get(back))
    assert console.get(address).context["back_url"] == back

    question = console.post(address, HERON)

    assert f'action="{address}"' in text_of(question)
    assert console.post(address, question.context["sent"])["Location"] == back


def test_from_that_question_one_goes_back_to_what_was_typed(console: Client, hub: Hub) -> None:
    factories.make_school("Heron Rise School", postcode="NV7 7ZZ")
    sent = console.post(url(hub), HERON).context["sent"]

    page = text_of(console.post(url(hub), {**sent, "change": "1"}))

    assert "Add a school that the register does not know yet" in page
    assert 'value="Heron Rise Primary School"' in page
    assert added() == []


def test_another_name_is_held_against_the_register_anew(console: Client, hub: Hub) -> None:
    factories.make_school("Heron Rise School", postcode="NV7 7ZZ")
    factories.make_school("Otter Brook School", postcode="NV1 1AA")
    sent = console.post(url(hub), HERON).context["sent"]

    page = text_of(console.post(url(hub), {**sent, "name": "Otter Brook School"}))

    assert "Is it one of these?" in page
    assert added() == []


def test_a_double_click_adds_one(console: Client, hub: Hub) -> None:
    first = console.post(url(hub), HERON)
    second = console.post(url(hub), HERON)

    assert first.status_code == second.status_code == 302
    assert len(added()) == 1


def test_once_more_with_other_details_leads_to_the_page_to_change_it(console: Client, hub: Hub) -> None:
    console.post(url(hub), HERON)
    factories.make_school("Heron Rise School", postcode="NV7 7ZZ")

    response = console.post(url(hub), {**HERON, "town": "Ashby Marsh"})

    assert response["Location"] == change_url(hub, School.objects.get(added_by=hub))
    assert (
        "was added before, with other details: you typed town Ashby Marsh instead of Ellerbridge." in said(response)[-1]
    )
    assert added() == ["Heron Rise Primary School, Ellerbridge, NV7 7ZZ"]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": " "}, "Enter the name of the school"),
        ({"name": "."}, "Enter the name of the school in words"),
        ({"name": "1 A 2"}, "Enter the name of the school in words"),
        ({"town": ""}, "Enter the town or village"),
        ({"postcode": "Ellerbridge"}, "Enter a full postcode, like LS1 4AP"),
        ({"authority": "009"}, "Select a valid choice"),
        ({"authority": ""}, "Choose the local authority"),
        ({"kind": ""}, "Choose the kind of school"),
        ({"phase": ""}, "Choose the phase"),
        ({"low_age": "x"}, "Enter the youngest age as a number from 0 to 19"),
        ({"high_age": "99"}, "Enter the oldest age as a number from 0 to 19"),
        ({"low_age": "12"}, "Enter an oldest age that is not below the youngest"),
        ({"high_age": "4"}, "Enter an oldest age of 6 or more, or choose another phase than Primary"),
        ({"phase": "Secondary"}, "Enter an oldest age of 12 or more, or choose another phase than Secondary"),
        ({"phase": "All-through"}, "Enter an oldest age of 12 or more, or choose another phase than All-through"),
        ({"opens_on_year": ""}, "Enter the year of the date as well"),
        ({"opens_on_year": "1999"}, "Enter a day from 2000 to"),
        ({"opens_on_year": "9999"}, "Enter a day from 2000 to"),
    ],
)
def test_what_is_missing_or_wrong_is_said(console: Client, hub: Hub, fields: dict[str, str], message: str) -> None:
    LocalAuthority.objects.create(code="009", name="Severnmoor")

    response = console.post(url(hub), {**HERON, **fields})

    assert response.status_code == 200
    assert message in text_of(response)
    assert added() == []


@pytest.mark.parametrize(
    "fields",
    [
        {"high_age": "6"},
        {"phase": "Nursery", "high_age": "4"},
        {"phase": "Middle deemed primary", "low_age": "8", "high_age": "12"},
        {"kind": "special_free", "phase": "", "high_age": "4"},
        {"kind": "special_free", "phase": "Secondary", "high_age": "11"},
    ],
)
def test_ages_that_the_phase_has_are_fine_and_a_special_school_has_no_phase(
    console: Client, hub: Hub, fields: dict[str, str]
) -> None:
    assert console.post(url(hub), {**HERON, **fields}).status_code == 302


@pytest.mark.parametrize(("years", "status"), [(5, 302), (6, 200)])
def test_it_opens_within_five_years(console: Client, hub: Hub, years: int, status: int) -> None:
    year = timezone.localdate().year + years

    assert console.post(url(hub), {**HERON, "opens_on_year": str(year)}).status_code == status
    assert console.post(url(hub), {**HERON, "opens_on_year": "2000", "opens_on_month": "1"}).status_code == 302


def test_names_of_other_tongues_are_fine(console: Client, hub: Hub) -> None:
    name = "Ysgol Pen-y-Bryn, Noël & St’s בית ספר"

    assert console.post(url(hub), {**HERON, "name": name}).status_code == 302
    assert added() == [f"{name}, Ellerbridge, NV7 7ZZ"]


def test_anybody_finds_it_on_that_hub_s_form_alone_and_the_page_says_so(
    console: Client, client: Client, hub: Hub, other_hub: Hub
) -> None:
    offer = "anybody who uses that form can find its name, place and postcode"
    assert offer in text_of(console.get(url(hub)))
    response = console.post(url(hub), HERON)
    assert "so does anybody who uses your hub's form" in said(response)[0]

    def found_by(**query: str) -> list[str]:
        schools = client.get(reverse("school_search"), {"q": "heron rise", **query}).json()["schools"]
        return [school["label"] for school in schools]

    assert found_by(hub=hub.slug) == ["Heron Rise Primary School, Ellerbridge, NV7 7ZZ"]
    assert found_by(hub=other_hub.slug) == []
    assert found_by() == []


def test_a_hub_without_an_area_is_told_where_to_set_it(console: Client, hub: Hub) -> None:
    HubArea.objects.all().delete()

    assert "Your hub has no local authority in its area yet" in text_of(console.get(url(hub)))


# --- Changing it -----------------------------------------------------------------------------


def change_url(hub: Hub, school: School) -> str:
    return reverse("school_added_change", args=[hub.slug, school.urn])


def test_a_school_is_changed_on_a_form_that_says_what_was_typed(console: Client, hub: Hub) -> None:
    console.post(url(hub), HERON)
    school = School.objects.get(added_by=hub)

    form = console.get(change_url(hub, school)).context["form"]
    assert {name: form.get_initial_for_field(form.fields[name], name) for name in form.fields if name != "seen"} == {
        "name": "Heron Rise Primary School",
        "town": "Ellerbridge",
        "postcode": "NV7 7ZZ",
        "authority": "001",
        "kind": "free",
        "phase": "Primary",
        "low_age": 4,
        "high_age": 11,
        "opens_on": dt.date(2028, 9, 1),
    }
    responses = [console.post(change_url(hub, school), {**HERON, "town": "Ashby Marsh"}) for _ in range(2)]

    assert {one["Location"] for one in responses} == {reverse("school", args=[hub.slug, school.urn])}
    assert [said(one)[-1] for one in responses] == [
        "Heron Rise Primary School is changed.",
        "Heron Rise Primary School was so already. Nothing has changed.",
    ]
    assert added() == ["Heron Rise Primary School, Ashby Marsh, NV7 7ZZ"]
    page = text_of(console.get(responses[0]["Location"]))
    assert "Changed: town Ashby Marsh instead of Ellerbridge." in page


def test_a_change_that_cannot_be_is_refused_on_its_form(console: Client, hub: Hub) -> None:
    console.post(url(hub), HERON)
    console.post(url(hub), {**HERON, "name": "Kestrel School", "postcode": "NV1 1AA"})
    kestrel = School.objects.get(name="Kestrel School")

    page = text_of(console.post(change_url(hub, kestrel), HERON))

    assert "Your hub has added Heron Rise Primary School, Ellerbridge, NV7 7ZZ as well." in page
    assert 'value="Heron Rise Primary School"' in page
    assert School.objects.filter(name="Kestrel School").exists()


def test_only_the_hub_s_own_schools_that_nobody_has_found_yet_are_changed(
    console: Client, hub: Hub, other_hub: Hub
) -> None:
    matched = make_added(hub, status=School.Status.CLOSED)
    anothers = factories.make_school(urn=School.FIRST_ADDED + 8, added_by=other_hub, added_at=timezone.now())

    for school in (matched, anothers, factories.make_school()):
        address = change_url(hub, school)
        assert (console.get(address).status_code, console.post(address, HERON).status_code) == (404, 404)


# --- Withdrawing it --------------------------------------------------------------------------


def make_added(hub: Hub, **fields: Any) -> School:
    return factories.make_school(
        "Heron Rise School", urn=School.FIRST_ADDED + 7, added_by=hub, added_at=timezone.now(), **fields
    )


def test_a_school_added_by_mistake_is_withdrawn(console: Client, hub: Hub) -> None:
    console.post(url(hub), HERON)
    address = reverse("school_withdraw", args=[hub.slug, School.objects.get().urn])
    assert "Withdraw Heron Rise" in text_of(console.get(address))

    response = console.post(address)

    assert response["Location"] == reverse("school_changes", args=[hub.slug])
    assert said(response)[-1] == "Heron Rise Primary School is withdrawn."
    # A double click.
    assert said(console.post(address))[-1] == "This school was withdrawn already, or the register knows it by now."
    assert added() == []
    assert console.get(address).status_code == 404


def test_one_to_which_something_refers_is_not(console: Client, hub: Hub) -> None:
    school = make_added(hub)
    factories.make_expression(factories.make_window(hub), school)

    address = reverse("school_withdraw", args=[hub.slug, school.urn])
    page = text_of(console.get(address))
    response = console.post(address)

    reason = "Heron Rise School cannot be withdrawn, for there is an expression of interest."
    assert reason in page
    assert "Withdraw the school" not in page
    assert f'href="{reverse("school", args=[hub.slug, school.urn])}">Go to the page of Heron Rise School' in page
    assert response["Location"] == reverse("school", args=[hub.slug, school.urn])
    assert reason in said(response)[0]
    assert len(added()) == 1


def test_what_strangers_have_begun_and_not_sent_holds_no_school_back(console: Client, hub: Hub) -> None:
    school = make_added(hub)
    factories.make_draft(factories.make_window(hub), school)
    address = reverse("school_withdraw", args=[hub.slug, school.urn])

    assert "that somebody has begun for it and not sent are removed with it" in text_of(console.get(address))
    assert said(console.post(address)) == ["Heron Rise School is withdrawn."]


def test_that_it_is_none_of_those_known_is_kept(console: Client, hub: Hub, administrator: User) -> None:
    factories.make_school("Heron Rise School", postcode="NV7 7ZZ")
    console.post(url(hub), console.post(url(hub), HERON).context["sent"])
    ancestry.rebuild()

    assert "Is it this one?" not in text_of(console.get(reverse("school_changes", args=[hub.slug])))
    decided = text_of(console.get(reverse("school_changes", args=[hub.slug]) + "?state=decided"))
    assert "Said to be another school when it was added." in decided
    assert administrator.name in decided


def test_neither_a_school_of_the_register_nor_another_hubs_can_be_withdrawn(
    console: Client, hub: Hub, other_hub: Hub
) -> None:
    # Nobody can tell one that another hub has added from one that there has never been.
    for urn in (factories.make_school().urn, make_added(other_hub).urn, School.FIRST_ADDED + 99):
        address = reverse("school_withdraw", args=[hub.slug, urn])
        assert (console.get(address).status_code, console.post(address).status_code) == (404, 404)
    assert School.objects.count() == 2


def test_other_hubs_never_read_the_name_that_a_hub_gave_a_school(
    hub: Hub, other_hub: Hub, administrator: User, stranger: User, console: Client, client_of: ClientOf
) -> None:
    HubArea.objects.create(hub=other_hub, authority=LocalAuthority.objects.get(code="001"))
    known = factories.make_school("Heron Rise Primary School", postcode="NV7 7ZZ")
    added = factories.make_school(
        "Kestrel Working Title", urn=School.FIRST_ADDED + 7, added_by=hub, added_at=timezone.now(), postcode="NV7 7ZZ"
    )
    Participation.objects.create(
        school=added, stage=Stage.objects.all()[0], year=2025, outcome="completed", recorded_for=hub,
        recorded_at=timezone.now(),
    )  # fmt: skip
    ancestry.rebuild()
    console.post(
        reverse("school_change", args=[hub.slug, added.urn, known.urn]),
        {"answer": "same", "reason": "The trust told us."},
    )

    def pages(person: User, one: Hub) -> dict[str, str]:
        browser = client_of(person)
        addresses = {
            "changes": reverse("school_changes", args=[one.slug]),
            "decided": reverse("school_changes", args=[one.slug]) + "?state=decided",
            "list": reverse("school_list", args=[one.slug]),
            "school": reverse("school", args=[one.slug, known.urn]),
            "search": reverse("school_search") + f"?q=heron+rise&hub={one.slug}",
        }
        return {name: browser.get(address).content.decode() for name, address in addresses.items()}

    assert "Kestrel Working Title" in pages(administrator, hub)["decided"]
    for name, page in pages(stranger, other_hub).items():
        assert "Kestrel" not in page, name
        assert str(added.urn) not in page, name
