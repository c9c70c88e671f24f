from __future__ import annotations

import datetime as dt
import re
import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import resolve, reverse
from django.utils import timezone

from funding.models import ReleaseEntry
from hubs import tenancy
from hubs.links import make_token
from hubs.models import Hub, User
from tests import factories, work
from tests.funding.views.pages import page
from tests.workgroups.views.pages import ClientOf, day_boxes, queries_of, said, text_of
from workgroups.models import MasterySpecialist, Place, SchoolLink, WorkGroup

WHAT_FOR = "Planning the next unit together."


@pytest.fixture
def mina(hub: Hub, specialist: User) -> MasterySpecialist:
    """The Specialist, as a person of the hub's."""
    return work.make_specialist(hub, user=specialist)


@pytest.fixture
def place(hub: Hub, mina: MasterySpecialist) -> Place:
    """A school in her group."""
    return work.make_place(hub, factories.make_school("Ash Lane"), group=work.make_group(hub, "North", specialist=mina))


@pytest.fixture
def leads(client_of: ClientOf, specialist: User, mina: MasterySpecialist) -> Client:
    """The Specialist's browser."""
    return client_of(specialist)


@pytest.fixture
def others(hub: Hub) -> Place:
    """A school in another Specialist's group."""
    return work.make_place(hub, factories.make_school("Birch Road"), group=work.make_group(hub, "South"))


def typed(**values: Any) -> dict[str, Any]:
    """The form of days in school, filled in for today."""
    return {
        **day_boxes("worked_on", timezone.localdate()),
        "half_days": "3",
        "words": WHAT_FOR,
        "key": str(uuid.uuid4()),
        **values,
    }


def yesterday() -> dt.date:
    return timezone.localdate() - dt.timedelta(days=1)


def entry_keys(hub: Hub) -> list[int]:
    with tenancy.use(hub):
        return list(ReleaseEntry.objects.order_by("pk").values_list("pk", flat=True))


def entries(hub: Hub) -> list[tuple[int, str, str]]:
    with tenancy.use(hub):
        return [(row.half_days, row.words, row.recorded_name) for row in ReleaseEntry.objects.order_by("pk")]


# --- Lists -----------------------------------------------------------------------------------------


def test_the_hub_sees_every_school_and_a_specialist_her_own(
    client_of: ClientOf, lead: User, leads: Client, hub: Hub, place: Place, others: Place
) -> None:
    work.make_release(place, 3)
    work.make_release(others, 4)

    everything, hers = (browser.get(page("release_list", hub)) for browser in (client_of(lead), leads))

    def figures(response: Any) -> dict[str, object]:
        return {figure.label: figure.value for figure in response.context["figures"]}

    assert figures(everything) == {"Schools": 2, "Promised": "20 days", "Used of those": "3½ days"}
    assert figures(hers) == {"Schools": 1, "Promised": "10 days", "Used of those": "1½ days"}
    assert "Birch Road" in text_of(everything) and "Birch Road" not in text_of(hers)

    # Days of a school that promised none are not set against what others promised.
    work.make_release(work.make_place(hub, factories.make_school("Cole Street"), stage="primary-sustaining"), 5)
    assert figures(client_of(lead).get(page("release_list", hub))) == {
        "Schools": 3,
        "Promised": "20 days",
        "Used of those": "3½ days",
        "Used where none were promised": "2½ days",
    }


def test_the_hub_sees_every_specialist_and_a_specialist_herself(
    client_of: ClientOf, lead: User, leads: Client, hub: Hub, mina: MasterySpecialist, others: Place
) -> None:
    work.make_release(mina, 3)
    with tenancy.use(hub):
        mina.days_agreed.create(hub=hub, year=work.this_year(), half_days=2)
        name = str(others.group.specialist) if others.group else ""

    everything, hers = (text_of(browser.get(page("release_specialists", hub))) for browser in (client_of(lead), leads))

    for shown in (everything, hers):
        assert "1½ days 1 day −½ day Over" in shown
    assert name in everything and name not in hers


def test_finance_sees_the_days_that_are_paid_and_no_account(
    client_of: ClientOf, finance: User, hub: Hub, mina: MasterySpecialist
) -> None:
    work.make_release(mina, 3, words="A note that is nobody else's")
    browser = client_of(finance)

    response = browser.get(page("money_release", hub))

    assert "Mina Specialist" in text_of(response) and "1½ days" in text_of(response)
    assert "A note" not in text_of(response)
    assert page("release_of_specialist", hub, mina.pk) not in response.content.decode()
    assert browser.get(page("release_of_specialist", hub, mina.pk)).status_code == 403


@pytest.mark.parametrize("query", ["year=x", "year=1066", "stage=x&sort=x&page=x", "q=%00"])
def test_nonsense_in_the_address_is_ignored(leads: Client, hub: Hub, place: Place, query: str) -> None:
    assert "Ash Lane" in text_of(leads.get(page("release_list", hub, query=query)))
    assert "Mina" in text_of(leads.get(page("release_specialists", hub, query=query)))


def test_empty_lists_say_what_comes_there(leads: Client, client_of: ClientOf, finance: User, hub: Hub) -> None:
    assert "A school’s account begins when it accepts its place" in text_of(leads.get(page("release_list", hub)))
    assert "Nothing matches" in text_of(leads.get(page("release_list", hub, query="q=nowhere")))
    with tenancy.use(hub):
        MasterySpecialist.objects.all().delete()
    assert "No Mastery Specialist in this year" in text_of(client_of(finance).get(page("money_release", hub)))


@pytest.mark.django_db(transaction=True)
def test_lists_of_any_length_take_the_same_few_queries(client_of: ClientOf, lead: User, hub: Hub, place: Place) -> None:
    browser = client_of(lead)
    names = ["release_list", "release_specialists", "money_release"]
    one = [queries_of(browser, page(name, hub)) for name in names]
    for number in range(2):
        group = work.make_group(hub)
        former = work.make_place(hub, factories.make_school(f"School {number}"), group=group).school
        factories.go_on_as(former, factories.make_school(f"Academy {number}"))
        factories.go_on_as(group.specialist.school, factories.make_school(f"Own academy {number}"))
        work.make_release(group.specialist)
    assert [queries_of(browser, page(name, hub)) for name in names] == one
    assert max(one) <= 10


# --- Accounts --------------------------------------------------------------------------------------


def test_an_account_shows_every_row_its_source_and_what_can_be_taken_back(
    leads: Client, hub: Hub, place: Place
) -> None:
    visit = work.make_visit(place, teachers_half_days=1)
    work.make_release(place, 1, kind="visit", visit=visit, words="")
    logged = work.make_release(place, 3)

    response = leads.get(page("release_of_place", hub, place.pk))

    html = response.content.decode()
    assert {figure.label: figure.value for figure in response.context["figures"]} == {
        "Used": "2 days",
        "Promised": "10 days",
        "Left": "8 days",
        "Meetings": "0 days",
        "Visits": "½ day",
        "In school": "1½ days",
    }
    assert page("visit", hub, place.pk, visit.term, visit.number) in html
    assert html.count("Take back") == 1
    assert page("release_correct", hub, logged.pk) in html


def test_a_specialists_account_says_what_is_used_beyond_the_agreed(
    leads: Client, hub: Hub, mina: MasterySpecialist
) -> None:
    work.make_release(mina, 2)
    with tenancy.use(hub):
        mina.days_agreed.create(hub=hub, year=work.this_year(), half_days=1)

    figures = leads.get(page("release_of_specialist", hub, mina.pk)).context["figures"]
    assert {figure.label: figure.value for figure in figures}["More than agreed"] == "½ day"


def test_an_empty_account_says_what_comes_there(leads: Client, hub: Hub, place: Place) -> None:
    assert "Nothing used yet" in text_of(leads.get(page("release_of_place", hub, place.pk)))


# --- Logging ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("whose", ["school", "specialist"])
def test_days_in_school_are_logged_once_however_often_they_are_sent(
    leads: Client, hub: Hub, place: Place, mina: MasterySpecialist, whose: str
) -> None:
    of_school = whose == "school"
    pk = place.pk if of_school else mina.pk
    address = page("release_log_place" if of_school else "release_log_specialist", hub, pk)
    shown = leads.get(address).content.decode()
    key = re.search(r'name="key" value="([0-9a-f-]{36})"', shown)
    assert key
    sent = typed(half_days="2", key=key[1])

    done = leads.post(address, sent)
    leads.post(address, sent)
    more = leads.post(address, {**sent, "half_days": "1"})

    assert more.context["form"].errors["worked_on"][0].startswith("This form has logged 1 day of ")
    assert done["Location"] == page("release_of_place" if of_school else "release_of_specialist", hub, pk)
    assert said(done)[0] == "1 day in school logged. If something is wrong with it, take it back and log it again."
    assert entries(hub) == [(2, WHAT_FOR, "Mina Specialist")]
    other_key = re.search(r'name="key" value="([0-9a-f-]{36})"', leads.get(address).content.decode())
    assert other_key and other_key[1] != key[1]


def test_what_is_missing_or_cannot_be_is_said_beside_the_field(leads: Client, hub: Hub, place: Place) -> None:
    address = page("release_log_place", hub, place.pk)
    tomorrow, last_year = timezone.localdate() + dt.timedelta(days=1), dt.date(work.this_year(), 8, 31)

    def errors(**sent: Any) -> dict[str, list[str]]:
        return dict(leads.post(address, sent).context["form"].errors)

    assert errors(key=uuid.uuid4()) == {
        "worked_on": ["Enter the day on which it was"],
        "half_days": ["Choose how long it was"],
        "words": ["Say what it was for"],
    }
    assert errors(**typed(half_days="9"))["half_days"] == ["Choose how long it was from the list"]
    assert (
        "days are logged once they have been worked"
        in errors(**typed(**day_boxes("worked_on", tomorrow)))["worked_on"][0]
    )
    assert errors(**typed(**day_boxes("worked_on", last_year)))["worked_on"][0].startswith("Enter a date in")
    assert "key" in errors(**typed(key="x"))
    assert entries(hub) == []


def test_another_specialists_accounts_are_not_there(leads: Client, hub: Hub, others: Place) -> None:
    theirs = work.make_release(others)
    with tenancy.use(hub):
        colleague = WorkGroup.objects.get(places=others).specialist_id
    addresses = [
        page("release_of_place", hub, others.pk),
        page("release_log_place", hub, others.pk),
        page("release_of_specialist", hub, colleague),
        page("release_log_specialist", hub, colleague),
        page("release_correct", hub, theirs.pk),
    ]
    for address in addresses:
        assert leads.get(address).status_code == 404
        assert leads.post(address, typed(reason="x")).status_code in (404, 405)
    assert len(entries(hub)) == 1


# --- Taking back -----------------------------------------------------------------------------------


def test_what_was_logged_is_taken_back_with_a_reason(leads: Client, hub: Hub, place: Place) -> None:
    entry = work.make_release(place, 3)
    address = page("release_correct", hub, entry.pk)
    assert "Take back 1½ days" in text_of(leads.get(address))
    assert leads.post(address, {"reason": ""}).context["form"].errors == {
        "reason": ["Enter why you are taking it back"]
    }

    done = leads.post(address, {"reason": "Another week."})

    assert done["Location"] == page("release_of_place", hub, place.pk)
    assert said(done) == ["1½ days taken back. The account shows both rows and why."]
    assert entries(hub)[-1] == (-3, "Another week.", "Mina Specialist")
    shown = text_of(leads.get(done["Location"]))
    assert "Correction In school Another week." in shown and "Taken back by a correction" in shown
    assert said(leads.get(address))[-1] == "Mina Specialist has taken this back already: Another week."


def test_what_a_visit_counts_is_put_right_at_the_visit(leads: Client, hub: Hub, place: Place) -> None:
    visit = work.make_visit(place, teachers_half_days=1)
    entry = work.make_release(place, 1, kind="visit", visit=visit, words="")

    for method in (leads.get, leads.post):
        refused = method(page("release_correct", hub, entry.pk), {"reason": "x"})
        assert refused["Location"] == page("release_of_place", hub, place.pk)
        assert said(refused)[-1] == "This row is counted from a support visit. Put the visit's length right there."
    assert len(entries(hub)) == 1


# --- A school by its link --------------------------------------------------------------------------


def by_link(link: SchoolLink, name: str = "release_log_school") -> str:
    # The same one each time: the second in which it is made is part of a token.
    token = make_token("school-page", hub_id=link.hub_id, subject_id=link.pk, made_at=link.made_at)
    return reverse(name, args=[token])


def test_a_school_logs_its_own_days_by_its_link_without_an_account(hub: Hub, place: Place) -> None:
    link = work.make_school_link(place, "Hana Head")
    browser = Client()
    assert "Log release time in school" in text_of(browser.get(by_link(link)))

    # A token is of the second in which it is made.
    address = by_link(link)

    done = browser.post(address, typed())

    signed = resolve(address).kwargs["token"]
    assert done["Location"] == reverse("school_page", args=[signed])
    assert entries(hub) == [(3, WHAT_FOR, "Hana Head")]
    assert "1½ days in school logged" in text_of(browser.get(done["Location"]))
    refused = browser.post(by_link(link), typed())
    assert "is logged already" in text_of(refused)
    assert len(entries(hub)) == 1


def test_a_school_takes_back_what_it_has_logged_itself(hub: Hub, place: Place, leads: Client) -> None:
    link = work.make_school_link(place, "Hana Head")
    address, browser = by_link(link), Client()
    browser.post(address, typed())
    leads.post(page("release_log_place", hub, place.pk), typed(**day_boxes("worked_on", yesterday()), words="Ours."))
    [hers, ours] = entry_keys(hub)
    shown = browser.get(reverse("school_page", args=[resolve(address).kwargs["token"]])).text
    assert "Logged by Hana Head" in shown and "Ours." in shown and shown.count("Take back") == 1
    take_back = reverse("release_take_back_school", args=[resolve(address).kwargs["token"], hers])
    assert take_back in shown

    assert "Enter why you are taking it back" in text_of(browser.post(take_back, {"reason": " "}))
    for said_then in ("1½ days of", "This has been taken back already."):
        done = browser.post(take_back, {"reason": "It was another day."}, follow=True)
        assert said_then in text_of(done)

    assert [row for row in entries(hub) if row[0] < 0] == [(-3, "It was another day.", "Hana Head")]
    assert "Logged by Hana Head" not in text_of(done)
    assert browser.get(take_back.replace(f"/{hers}/", f"/{ours}/")).status_code == 404


def test_a_school_takes_back_nothing_of_another_school(hub: Hub, place: Place, others: Place) -> None:
    link, foreign = work.make_school_link(place, "Hana Head"), work.make_school_link(others, "Olga Other")
    Client().post(by_link(foreign), typed())
    [entry] = entry_keys(hub)
    token = resolve(by_link(link)).kwargs["token"]
    address = reverse("release_take_back_school", args=[token, entry])
    for method in (Client().get, Client().post):
        assert method(address, {"reason": "Not ours."}).status_code == 404
    with tenancy.use(hub):
        SchoolLink.objects.filter(pk=foreign.pk).update(ended_at=timezone.now())
    ended = reverse("release_take_back_school", args=[resolve(by_link(foreign)).kwargs["token"], entry])
    assert Client().post(ended, {"reason": "Late."}).status_code == 410
    assert len(entries(hub)) == 1


def test_an_ended_link_logs_nothing(hub: Hub, place: Place) -> None:
    link = work.make_school_link(place)
    with tenancy.use(hub):
        SchoolLink.objects.filter(pk=link.pk).update(ended_at=timezone.now())

    for method in (Client().get, Client().post):
        assert method(by_link(link), typed()).status_code == 410
    assert entries(hub) == []
