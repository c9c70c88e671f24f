from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from hubs import tenancy
from hubs.models import Hub, LocalAuthority, TimelineEntry, User
from hubs.wording import day, plain_day
from hubs.years import academic_year_of, label_of
from schools.ancestry import rebuild
from schools.assumed_terms import Span, assumed_half_terms
from schools.models import HalfTerm, School
from schools.terms import set_half_terms
from tests.factories import make_school, membership_of
from tests.schools.families import link

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]
WEEK = dt.timedelta(weeks=1)


def this_year() -> int:
    return academic_year_of(timezone.localdate())


def assumed(year: int | None = None) -> dict[int, Span]:
    return dict(enumerate(assumed_half_terms(year or this_year()), start=1))


def early(year: int | None = None) -> dict[int, Span]:
    """October's break a week early."""
    dates = assumed(year)
    first, second = dates[1], dates[2]
    return dates | {1: Span(first.starts_on, first.ends_on - WEEK), 2: Span(second.starts_on - WEEK, second.ends_on)}


def typed(dates: dict[int, Span]) -> dict[str, str]:
    """The form as it is sent."""
    return {
        f"{edge}_{number}_{part}": str(getattr(day, part))
        for number, span in dates.items()
        for edge, day in zip(("starts", "ends"), span, strict=True)
        for part in ("day", "month", "year")
    }


def shown(dates: dict[int, Span]) -> dict[str, str]:
    """What a form sends along that showed these."""
    return {"shown": " ".join(str(day) for number in range(1, 7) for day in dates[number])}


@pytest.fixture
def northvale(hub: Hub) -> LocalAuthority:
    authority = LocalAuthority.objects.create(code="001", name="Northvale")
    hub.areas.add(authority)
    return authority


@pytest.fixture
def school(northvale: LocalAuthority) -> School:
    return make_school("Ash Lane School")


@pytest.fixture
def console(lead: User, client_of: ClientOf) -> Client:
    return client_of(lead)


def list_page(hub: Hub, query: str = "") -> str:
    return reverse("term_dates", args=[hub.slug]) + query


def page(hub: Hub, of: LocalAuthority | School, which: str = "", year: int | None = None) -> str:
    kind = "school" if isinstance(of, School) else "authority"
    return reverse(f"{kind}_term_dates{which}", args=[hub.slug, of.pk, year or this_year()])


def words(response: Any) -> str:
    """What the main part of a page says, without its markup."""
    main = response.content.decode().split("<main", 1)[1].split("</main>", 1)[0]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split())


def said(response: Any) -> str:
    """The message that the next page shows last."""
    return [str(message) for message in get_messages(response.wsgi_request)][-1]


def queries_of(console: Client, address: str) -> int:
    console.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert console.get(address).status_code == 200
    return len([query for query in captured.captured_queries if query["sql"] not in ("BEGIN", "COMMIT")])


def enter(hub: Hub, person: User, of: LocalAuthority | School, dates: dict[int, Span]) -> None:
    with tenancy.use(hub):
        set_half_terms(of=of, year=this_year(), dates=dates, actor=membership_of(person, hub), now=timezone.now())


def entries(hub: Hub) -> int:
    with tenancy.use(hub):
        return TimelineEntry.objects.count()


# --- The list -------------------------------------------------------------------------------------


def test_each_authority_of_the_area_is_there_with_what_holds(
    hub: Hub, lead: User, northvale: LocalAuthority, console: Client
) -> None:
    hub.areas.add(LocalAuthority.objects.create(code="002", name="Ravensdale"))
    LocalAuthority.objects.create(code="003", name="Elsewhere")
    enter(hub, lead, northvale, early())

    text = words(console.get(list_page(hub)))

    assert re.search("Northvale .* Entered Ravensdale .* Assumed", text)
    first = early()[1]
    assert f"{first.starts_on:%-d %b} to {first.ends_on:%-d %b}" in text
    assert "Elsewhere" not in text


def test_last_year_and_next_year_are_a_click_away(hub: Hub, northvale: LocalAuthority, console: Client) -> None:
    for year in (this_year() - 1, this_year() + 1):
        link = list_page(hub, f"?year={year}")
        assert link in console.get(list_page(hub)).content.decode()
        assert f"Term dates {label_of(year)}" in words(console.get(link))


@pytest.mark.parametrize("query", ["?year=1999", "?year=", "?year=x", "?year=9999999999999999999999", "?year=%00"])
def test_an_odd_year_shows_this_one(hub: Hub, northvale: LocalAuthority, console: Client, query: str) -> None:
    assert f"Term dates {label_of(this_year())}" in words(console.get(list_page(hub, query)))


def test_a_hub_without_an_area_is_told_what_would_be_here(hub: Hub, console: Client) -> None:
    assert "No local authority yet" in words(console.get(list_page(hub)))


@pytest.mark.django_db(transaction=True)
def test_the_list_takes_at_most_ten_queries_however_many_rows(
    hub: Hub, lead: User, northvale: LocalAuthority, console: Client
) -> None:
    enter(hub, lead, northvale, early())
    with_one = queries_of(console, list_page(hub))
    for code in ("002", "003"):
        authority = LocalAuthority.objects.create(code=code, name=f"Authority {code}")
        hub.areas.add(authority)
        enter(hub, lead, authority, early())
    assert queries_of(console, list_page(hub)) == with_one <= 10


# --- One authority or school ----------------------------------------------------------------------


def test_the_page_says_that_dates_are_assumed_and_what_they_make(
    hub: Hub, northvale: LocalAuthority, console: Client
) -> None:
    text = words(console.get(page(hub, northvale)))
    assert "Assumed Nobody has entered dates for Northvale." in text
    assert "Enter the dates" in text
    assert re.search(r"Autumn term 1[45] 7\d", text)
    assert "Where it lies" in text
    assert re.search(r"Good Friday Easter holiday", text)
    assert re.search(r"May Day First half of the summer term", text)


def test_the_page_says_who_entered_the_dates(hub: Hub, lead: User, northvale: LocalAuthority, console: Client) -> None:
    enter(hub, lead, northvale, early())
    text = words(console.get(page(hub, northvale)))
    assert "Entered by Leo Lead on" in text
    assert "Correct the dates Remove these dates" in text
    assert f"Entered the term dates of Northvale for {label_of(this_year())}." in text


def test_another_hub_reads_which_hub_entered_them_but_not_who(
    hub: Hub, lead: User, other_hub: Hub, stranger: User, northvale: LocalAuthority, client_of: ClientOf
) -> None:
    other_hub.areas.add(northvale)
    enter(hub, lead, northvale, early())
    text = words(client_of(stranger).get(page(other_hub, northvale)))
    assert "Entered by Northvale Maths Hub on" in text
    assert "Leo Lead" not in text


def test_a_school_s_page_says_whose_dates_each_half_term_has(
    hub: Hub, lead: User, northvale: LocalAuthority, school: School, console: Client
) -> None:
    assert "Nobody has entered dates for Ash Lane School or for Northvale" in words(console.get(page(hub, school)))

    enter(hub, lead, northvale, assumed())
    assert "it follows those of Northvale" in words(console.get(page(hub, school)))

    enter(hub, lead, school, early())
    text = words(console.get(page(hub, school)))
    assert "Half-terms that are not the school’s own follow those of Northvale." in text
    assert text.count("School’s own") == 2
    assert text.count("Northvale’s dates") == 4


def test_a_school_s_page_says_under_which_urn_its_dates_were_entered(
    hub: Hub, lead: User, northvale: LocalAuthority, school: School, console: Client
) -> None:
    enter(hub, lead, school, early())
    academy = make_school("Ash Lane Academy")
    link(school.pk, "Successor", academy.pk)
    rebuild()
    text = words(console.get(page(hub, academy)))
    assert f"They follow the school's own dates, entered for Ash Lane School (URN {school.pk})." in text
    assert text.count("own dates, entered for Ash Lane School") == 3


def run_into_one_another(hub: Hub, lead: User, northvale: LocalAuthority, school: School) -> None:
    """The school's first half-term lasts a week longer; then the authority lets the second begin in that week."""
    first, second = assumed()[1], assumed()[2]
    longer = {1: Span(first.starts_on, first.ends_on + WEEK), 2: Span(second.starts_on + WEEK, second.ends_on)}
    enter(hub, lead, northvale, assumed() | {2: longer[2]})
    enter(hub, lead, school, assumed() | longer)
    enter(hub, lead, northvale, early())


def test_a_school_s_page_warns_where_its_own_dates_run_into_the_authority_s(
    hub: Hub, lead: User, northvale: LocalAuthority, school: School, console: Client
) -> None:
    run_into_one_another(hub, lead, northvale, school)
    text = words(console.get(page(hub, school)))
    assert "Dates that were entered for the school run into others." in text
    assert re.search(
        r"Second half of the autumn term: .* \(Northvale’s dates\). The school’s own dates leave .* of it", text
    )


def test_the_authority_s_page_says_how_many_schools_own_dates_run_into_its(
    hub: Hub, other_hub: Hub, lead: User, northvale: LocalAuthority, school: School, console: Client, now: dt.datetime
) -> None:
    make_school("Plain School")
    assert "run into" not in words(console.get(page(hub, northvale)))
    run_into_one_another(hub, lead, northvale, school)
    answer = console.get(page(hub, northvale))
    assert "Some schools’ own dates run into these" in words(answer)
    assert "1 school: Ash Lane School" in words(answer)
    assert page(hub, school) in answer.content.decode()


def test_a_specialist_reads_and_is_offered_no_change(
    hub: Hub, northvale: LocalAuthority, school: School, specialist: User, client_of: ClientOf
) -> None:
    console = client_of(specialist)
    assert console.get(list_page(hub)).status_code == 200
    for of in (northvale, school):
        assert "Enter the" not in words(console.get(page(hub, of)))
        assert console.get(page(hub, of, "_change")).status_code == 403


def test_a_school_of_another_area_is_read_and_not_changed(
    other_hub: Hub, stranger: User, northvale: LocalAuthority, school: School, client_of: ClientOf
) -> None:
    console = client_of(stranger)
    assert "Enter the" not in words(console.get(page(other_hub, school)))
    for which in ("_change", "_remove"):
        for answer in (console.get, console.post):
            refused = answer(page(other_hub, school, which))
            assert refused.status_code == 403
            assert "Ash Lane School is not in the area of Severnmoor Maths Hub" in words(refused)


def test_an_authority_of_another_area_a_school_another_hub_added_and_a_distant_year_are_not_found(
    hub: Hub, other_hub: Hub, northvale: LocalAuthority, console: Client, now: dt.datetime
) -> None:
    elsewhere = LocalAuthority.objects.create(code="002", name="Ravensdale")
    added = make_school("New School", urn=School.FIRST_ADDED, added_by=other_hub, added_at=now)
    for which in ("", "_change", "_remove"):
        for address in (
            page(hub, elsewhere, which),
            page(hub, added, which),
            page(hub, northvale, which, this_year() + 2),
            page(hub, northvale, which, 10**20),
        ):
            assert console.get(address).status_code == 404, address


@pytest.mark.django_db(transaction=True)
def test_a_page_takes_as_many_queries_whatever_was_entered(
    hub: Hub, lead: User, northvale: LocalAuthority, school: School, console: Client
) -> None:
    before = queries_of(console, page(hub, school))
    enter(hub, lead, northvale, assumed())
    for dates in (early(), assumed(), early()):
        enter(hub, lead, school, dates)
    with_one = queries_of(console, page(hub, northvale))
    for _ in range(2):
        enter(hub, lead, make_school(), early())
    assert queries_of(console, page(hub, school)) == before <= 13
    assert queries_of(console, page(hub, northvale)) == with_one <= 14


@pytest.mark.django_db(transaction=True)
def test_a_form_takes_at_most_five_queries_of_its_own(
    hub: Hub, lead: User, northvale: LocalAuthority, school: School, console: Client
) -> None:
    enter(hub, lead, school, early())
    # Session, person, membership, second step, the hub's wall, the switch between hubs: of every page of a console.
    of_the_console = 6
    for of in (northvale, school):
        for which in ("_change", "_remove"):
            assert queries_of(console, page(hub, of, which)) - of_the_console <= 5


def back_of(response: Any) -> tuple[str, str]:
    """Where the link at the top leads, and what it says."""
    found = re.search(r'<a href="([^"]+)" class="govuk-back-link">([^<]+)</a>', response.content.decode())
    assert found
    return found[1], html.unescape(found[2])


def test_each_page_leads_back_to_where_one_comes_from(
    hub: Hub, northvale: LocalAuthority, school: School, console: Client
) -> None:
    year = label_of(this_year())
    for address, back in {
        list_page(hub): (reverse("school_list", args=[hub.slug]), "Schools"),
        page(hub, northvale): (list_page(hub, f"?year={this_year()}"), "Term dates"),
        page(hub, school): (reverse("school", args=[hub.slug, school.pk]), school.name),
        page(hub, northvale, "_change"): (page(hub, northvale), f"Term dates {year}"),
        page(hub, school, "_remove"): (page(hub, school), f"Term dates {year}"),
    }.items():
        answer = console.get(address)
        assert back_of(answer) == back
        assert re.search(r'class="govuk-service-navigation__item[^>]*--active[^>]*>.*?Schools', text_of(answer), re.S)


def text_of(response: Any) -> str:
    return str(response.content.decode())


def test_a_school_and_its_term_dates_lead_to_one_another_and_to_its_authority_s(
    hub: Hub, other_hub: Hub, stranger: User, northvale: LocalAuthority, school: School, console: Client,
    client_of: ClientOf,
) -> None:  # fmt: skip
    assert page(hub, school) in text_of(console.get(reverse("school", args=[hub.slug, school.pk])))
    assert page(hub, northvale) in text_of(console.get(page(hub, school)))
    # Of an authority that a hub does not serve it has no page.
    assert page(other_hub, northvale) not in text_of(client_of(stranger).get(page(other_hub, school)))


def test_a_half_term_names_the_bank_holidays_that_fall_into_it(
    hub: Hub, northvale: LocalAuthority, console: Client
) -> None:
    text = words(console.get(page(hub, northvale)))
    assert re.search(r"First half of the summer term not on \d May, May Day Mon", text)
    assert text.count("not on") == 1


# --- Correcting -----------------------------------------------------------------------------------


def test_the_form_shows_what_holds_now(hub: Hub, lead: User, northvale: LocalAuthority, console: Client) -> None:
    enter(hub, lead, northvale, early())
    content = console.get(page(hub, northvale, "_change")).content.decode()
    values = dict(re.findall(r'name="(\w+)"\s+type="text"\s+inputmode="numeric"\s+value="(\d+)"', content))
    assert values == typed(early())


def test_saved_dates_hold_and_the_page_says_so(hub: Hub, northvale: LocalAuthority, console: Client) -> None:
    answer = console.post(page(hub, northvale, "_change"), typed(early()))
    assert answer["Location"] == page(hub, northvale)
    assert said(answer) == f"The term dates of Northvale for {label_of(this_year())} are saved."
    assert {half_term.number: Span(half_term.starts_on, half_term.ends_on) for half_term in HalfTerm.objects.all()} == (
        early()
    )


def test_a_double_click_or_going_back_saves_once(hub: Hub, northvale: LocalAuthority, console: Client) -> None:
    for words_said in ("are saved.", "are as they were: nothing was changed."):
        answer = console.post(page(hub, northvale, "_change"), typed(early()))
        assert said(answer) == f"The term dates of Northvale for {label_of(this_year())} {words_said}"
    assert entries(hub) == 1


def test_the_later_of_two_tabs_does_not_silently_win(hub: Hub, northvale: LocalAuthority, console: Client) -> None:
    form = page(hub, northvale, "_change")
    opened = shown(assumed())
    assert f'name="shown" value="{opened["shown"]}"' in console.get(form).content.decode()
    first = assumed()[1]
    later = assumed() | {1: Span(first.starts_on, first.ends_on - 2 * WEEK)}
    console.post(form, typed(early()) | opened)

    answer = console.post(form, typed(later) | opened)

    assert answer.status_code == 409
    text = words(answer)
    assert "Somebody changed the dates while you had this form open. Yours are not saved yet" in text
    assert f"First half of the autumn term: now {day(early()[1].starts_on)} to {day(early()[1].ends_on)}" in text
    assert (
        f"Check the last day of the first half of the autumn term: it is {plain_day(early()[1].ends_on)} by now" in text
    )
    assert "Check the first day of the first half" not in text
    assert HalfTerm.objects.get(number=1).ends_on == early()[1].ends_on
    assert entries(hub) == 1

    # All twelve are there: what was typed, and what somebody else has changed where nothing was.
    sent_again = boxes(answer)
    assert sent_again == typed(later | {2: early()[2]}) | shown(early())
    assert console.post(form, sent_again)["Location"] == page(hub, northvale)
    assert {one.number: Span(one.starts_on, one.ends_on) for one in HalfTerm.objects.all()} == later | {2: early()[2]}


def test_dates_that_no_longer_go_together_are_shown_again_with_what_is_wrong(
    hub: Hub, northvale: LocalAuthority, console: Client
) -> None:
    form, opened = page(hub, northvale, "_change"), shown(assumed())
    first, second = assumed()[1], assumed()[2]
    longer = {1: Span(first.starts_on, first.ends_on + WEEK)}
    console.post(form, typed(assumed() | longer) | opened)
    earlier = {2: Span(second.starts_on - WEEK, second.ends_on)}

    answer = console.post(form, typed(assumed() | earlier) | opened)

    assert answer.status_code == 409
    assert "Enter a first day for the second half of the autumn term after" in words(answer)
    assert boxes(answer) == typed(assumed() | longer | earlier) | shown(assumed() | longer)
    assert entries(hub) == 1


def boxes(response: Any) -> dict[str, str]:
    """What stands in the form, as it would be sent."""
    tags = re.findall(r"<input[^>]+>", text_of(response).split("<main", 1)[1])
    named = {
        found[1]: html.unescape(value[1])
        for tag in tags
        if (found := re.search(r'name="([^"]+)"', tag)) and (value := re.search(r'value="([^"]*)"', tag))
    }
    return {name: value for name, value in named.items() if name != "csrfmiddlewaretoken"}


def test_a_school_s_form_makes_only_what_was_changed_in_it_the_school_s_own(
    hub: Hub, lead: User, northvale: LocalAuthority, school: School, console: Client
) -> None:
    opened = shown(assumed())
    enter(hub, lead, northvale, early())
    last = assumed()[6]
    july = {6: Span(last.starts_on, last.ends_on - WEEK)}
    console.post(page(hub, school, "_change"), typed(assumed() | july) | opened)
    assert set(school.half_terms.values_list("number", flat=True)) == {6}


@pytest.mark.parametrize("sent", ["", "x", "2026-09-02", "2026-09-02 " * 11 + "2026-13-01", "\0"])
def test_a_form_that_does_not_say_what_it_showed_is_taken_as_fresh(
    hub: Hub, northvale: LocalAuthority, console: Client, sent: str
) -> None:
    answer = console.post(page(hub, northvale, "_change"), typed(early()) | {"shown": sent})
    assert answer.status_code in (200, 302)
    assert HalfTerm.objects.count() == (6 if answer.status_code == 302 else 0)


def test_a_school_is_given_only_what_differs(hub: Hub, school: School, console: Client) -> None:
    console.post(page(hub, school, "_change"), typed(early()))
    assert set(HalfTerm.objects.values_list("school", "number")) == {(school.pk, 1), (school.pk, 2)}


def test_a_slip_is_shown_at_its_day_with_what_was_typed(hub: Hub, northvale: LocalAuthority, console: Client) -> None:
    slip = typed(assumed()) | {"ends_2_day": "24", "ends_2_month": "Dec", "ends_2_year": "2062"}
    answer = console.post(page(hub, northvale, "_change"), slip)
    assert answer.status_code == 200
    text = words(answer)
    assert "Enter another last day for the second half of the autumn term, from 1 August" in text
    assert 'value="2062"' in answer.content.decode()
    assert 'href="#id_ends_2' in answer.content.decode()
    assert not HalfTerm.objects.exists()


@pytest.mark.parametrize(
    ("box", "value", "message"),
    [
        ("starts_3_day", "", "Enter the day of the first day of the first half of the spring term as well"),
        ("ends_4_day", "31", "Enter a real date for the last day of the second half of the spring term"),
        ("ends_6_year", "27", "Enter the year of the last day of the second half of the summer term with four figures"),
    ],
)
def test_a_date_that_is_none_is_named(
    hub: Hub, northvale: LocalAuthority, console: Client, box: str, value: str, message: str
) -> None:
    sent = typed(assumed()) | {box: value} | ({"ends_4_month": "2"} if box == "ends_4_day" else {})
    assert message in words(console.post(page(hub, northvale, "_change"), sent))


def test_a_date_that_is_none_and_one_that_cannot_be_are_named_together(
    hub: Hub, northvale: LocalAuthority, console: Client
) -> None:
    sent = typed(assumed()) | {"starts_3_day": "32", "ends_2_year": "2062"}
    text = words(console.post(page(hub, northvale, "_change"), sent))
    assert "Enter a real date for the first day of the first half of the spring term" in text
    assert "Enter another last day for the second half of the autumn term, from 1 August" in text
    assert not HalfTerm.objects.exists()


def test_an_empty_form_asks_for_each_day(hub: Hub, northvale: LocalAuthority, console: Client) -> None:
    text = words(console.post(page(hub, northvale, "_change"), {}))
    assert len(set(re.findall(r"Enter the (?:first|last) day of the \w+ half of the \w+ term", text))) == 12


# --- Removing -------------------------------------------------------------------------------------


def test_removing_asks_first_and_says_what_follows(
    hub: Hub, lead: User, northvale: LocalAuthority, school: School, console: Client
) -> None:
    for of, follows in ((northvale, "dates are assumed again"), (school, "the dates of Northvale hold for the school")):
        enter(hub, lead, of, early())
        assert follows in words(console.get(page(hub, of, "_remove")))
        assert of.half_terms.exists()
        of.half_terms.all().delete()


def test_removed_dates_are_gone_and_the_timeline_keeps_them(
    hub: Hub, lead: User, northvale: LocalAuthority, console: Client
) -> None:
    enter(hub, lead, northvale, early())
    for message in (
        "The dates entered for Northvale for {} are removed.",
        "No dates were entered for Northvale for {}.",
    ):
        answer = console.post(page(hub, northvale, "_remove"))
        assert answer["Location"] == page(hub, northvale)
        assert said(answer) == message.format(label_of(this_year()))
    assert not HalfTerm.objects.exists()
    assert entries(hub) == 2


def test_there_is_nothing_to_remove_where_nothing_was_entered(
    hub: Hub, northvale: LocalAuthority, console: Client
) -> None:
    answer = console.get(page(hub, northvale, "_remove"))
    assert "there is nothing to remove" in words(answer)
    assert b"<form" not in answer.content.split(b"<main")[1]
