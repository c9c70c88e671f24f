from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from hubs import tenancy, timeline
from hubs.models import Hub, HubArea, LocalAuthority, Role, User
from programmes.models import Participation, Stage, State
from reports import home
from reports import schools as reports_schools
from schools import ancestry, changes, search
from schools.models import RegisterLink, School
from schools.time_limit import TookTooLong
from tests import factories
from tests.programmes.views.journey import text_of
from tests.schools import families

ClientOf = Callable[[User], Client]


@pytest.fixture
def authority(hub: Hub) -> LocalAuthority:
    """What the hub serves."""
    authority = LocalAuthority.objects.create(code="001", name="Northvale")
    HubArea.objects.create(hub=hub, authority=authority)
    return authority


@pytest.fixture
def console(lead: User, client_of: ClientOf) -> Client:
    """The browser of somebody who maintains the hub's schools."""
    return client_of(lead)


def list_url(hub: Hub, query: str = "") -> str:
    return reverse("school_list", args=[hub.slug]) + (f"?{query}" if query else "")


def page_url(hub: Hub, school: School) -> str:
    return reverse("school", args=[hub.slug, school.urn])


def take_part(school: School, hub: Hub, year: int = 2020) -> Participation:
    return Participation.objects.create(
        school=school,
        stage=Stage.objects.get(slug="primary-developing"),
        year=year,
        outcome="completed",
        recorded_for=hub,
        recorded_at=timezone.now(),
    )


def queries_of(browser: Client, address: str) -> int:
    browser.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(address).status_code == 200
    return len([query for query in captured.captured_queries if query["sql"] not in ("BEGIN", "COMMIT")])


# --- The list --------------------------------------------------------------------------------


def test_the_list_shows_the_schools_of_the_area_with_what_they_did(
    console: Client, hub: Hub, authority: LocalAuthority
) -> None:
    old, ash = factories.make_school("Oak Infants"), factories.make_school("Ash Academy")
    factories.go_on_as(old, ash)
    take_part(old, hub)

    response = console.get(list_url(hub))

    page = text_of(response)
    assert f'href="{page_url(hub, ash)}">Ash Academy</a>' in page
    assert "formerly Oak Infants" in page
    assert "Developing (primary)" in page
    assert "2020/21, completed" in page
    assert "1 school" in page
    assert page_url(hub, old) not in page
    assert [(figure.label, figure.value) for figure in response.context["figures"]] == [
        ("Schools", 1),
        ("Took part", 1),
        ("Completed a stage", 1),
        ("Take part this year", 0),
        ("Never took part", 0),
    ]


def test_the_list_leads_on_to_changes_term_dates_and_adding_a_school(
    console: Client, hub: Hub, specialist: User, client_of: ClientOf
) -> None:
    page = text_of(console.get(list_url(hub)))
    for name, query in (("school_changes", ""), ("term_dates", ""), ("school_add", "?via=schools")):
        assert f'href="{reverse(name, args=[hub.slug])}{query}"' in page

    page = text_of(client_of(specialist).get(list_url(hub)))
    assert reverse("term_dates", args=[hub.slug]) in page
    assert reverse("school_add", args=[hub.slug]) not in page


def test_two_schools_of_which_each_came_before_the_other_are_one_change_everywhere(
    console: Client, hub: Hub, authority: LocalAuthority
) -> None:
    one, other = (factories.make_school(name, status=School.Status.CLOSED) for name in ("Ash", "Birch"))
    families.link(one.urn, "Successor", other.urn, "2014-09-01")
    families.link(other.urn, "Successor", one.urn, None)
    ancestry.rebuild()

    assert reports_schools.area_of(hub).to_confirm == 1
    with tenancy.use(hub):
        assert home.counts(hub, reader=User(pk=-1), now=timezone.now()).to_confirm == 1
    assert changes.counts(hub, changes.Filter())[0] == 1


def test_the_list_says_how_many_changes_are_to_confirm(console: Client, hub: Hub, authority: LocalAuthority) -> None:
    changes = reverse("school_changes", args=[hub.slug])
    assert f'href="{changes}">School changes to confirm</a>' in text_of(console.get(list_url(hub)))
    link(*(factories.make_school(name) for name in ("Ash", "Birch", "Cedar")))

    assert f'href="{changes}">School changes to confirm (2)</a>' in text_of(console.get(list_url(hub)))


def test_the_list_stands_in_the_navigation_and_is_current_on_its_pages(
    console: Client, hub: Hub, authority: LocalAuthority
) -> None:
    for url in (list_url(hub), page_url(hub, factories.make_school())):
        items = {item.label: item.current for item in console.get(url).context["console_navigation"]}
        assert items["Schools"]
        assert not items["Home"]


def test_a_filter_can_be_taken_away_and_what_was_chosen_leads_back(
    console: Client, hub: Hub, authority: LocalAuthority
) -> None:
    ash = factories.make_school("Ash")

    response = console.get(list_url(hub, "q=ash&took_part=never&phase=primary"))

    assert {one.label for one in response.context["chosen"]} == {"“ash”", "Never took part", "Primary"}
    record = f"{page_url(hub, ash)}?from=q%3Dash%26took_part%3Dnever%26phase%3Dprimary"
    assert f'href="{record}"' in text_of(response)
    back = console.get(record).context["back_url"]
    assert back == list_url(hub, "q=ash&took_part=never&phase=primary")


def test_the_list_finds_as_the_search_does_former_names_among_them(
    console: Client, hub: Hub, authority: LocalAuthority
) -> None:
    old, marys = factories.make_school("Oak Infants"), factories.make_school("St Mary’s Academy")
    factories.go_on_as(old, marys)

    for typed in ("saint mary", "st marys", "oak inf"):
        rows = console.get(list_url(hub, f"q={typed}")).context["rows"]
        assert [row.school for row in rows] == [marys], typed


@pytest.mark.parametrize(
    "typed",
    ["oakfield", "Oakfeild", "Oakfeild infnats", "OL1 2AB", "ol12ab", "oldham", "Oldhma", "birch", "100001", "100002"],
)
def test_the_list_finds_whatever_the_search_finds(
    console: Client, hub: Hub, authority: LocalAuthority, typed: str
) -> None:
    old = factories.make_school("Oakfield Infants", urn=100_001, town="Oldham", postcode="OL1 2AB")
    birch = factories.make_school("Birch Academy", urn=100_002)
    factories.make_school("Elm School", urn=100_003, postcode="EL9 9ZZ")
    factories.go_on_as(old, birch)
    search.refresh()
    assert search.find(typed, near=hub) == [birch]

    assert [row.school for row in console.get(list_url(hub, f"q={typed}")).context["rows"]] == [birch]


def test_the_list_says_for_which_words_it_shows_schools_instead(
    console: Client, hub: Hub, authority: LocalAuthority
) -> None:
    factories.make_school("Oakfield Infants")
    search.refresh()

    page = text_of(console.get(list_url(hub, "q=Oakfeild")))

    assert "1 school for “oakfield”: nothing is spelt “Oakfeild”" in page
    assert "nothing is spelt" not in text_of(console.get(list_url(hub, "q=Oakfield")))


def test_the_former_name_that_was_looked_for_is_the_one_that_is_shown(
    console: Client, hub: Hub, authority: LocalAuthority
) -> None:
    academy = factories.make_school("Oakfield Academy")
    for name in ("Oakfield School", "Saint Michael's School", "Birch Infants"):
        factories.go_on_as(factories.make_school(name), academy)
    search.refresh()

    def shown(typed: str) -> str:
        (row,) = console.get(list_url(hub, f"q={typed}")).context["rows"]
        return str(row.former_names[0])

    assert shown("oakfield") == "Oakfield School"
    assert shown("St Micheal") == "Saint Michael's School"
    assert shown("infant") == "Birch Infants"


def test_what_is_longer_than_a_search_can_be_is_cut_and_the_box_shows_it(
    console: Client, hub: Hub, authority: LocalAuthority
) -> None:
    factories.make_school("Ash School")

    for address in (list_url(hub), reverse("schools_beyond", args=[hub.slug])):
        page = text_of(console.get(address, {"q": "ash " + "x" * 200}))
        assert f'value="ash {"x" * 96}"' in page
        assert "Ash School" not in page


def test_a_name_that_another_hub_gave_a_school_finds_nothing(
    console: Client, hub: Hub, other_hub: Hub, authority: LocalAuthority, now: dt.datetime
) -> None:
    added = factories.make_school("Secret Plan", urn=900_000_002, added_by=other_hub, added_at=now)
    factories.go_on_as(added, factories.make_school("Birch Academy"))

    assert console.get(list_url(hub, "q=secret")).context["rows"] == []


def test_what_the_area_has_not_is_looked_for_beyond_it(console: Client, hub: Hub, authority: LocalAuthority) -> None:
    factories.make_school("Ash School")
    far = factories.make_school(
        "Far & Away School", authority=LocalAuthority.objects.create(code="002", name="Southern"), postcode="SO1 1AA"
    )
    beyond = reverse("schools_beyond", args=[hub.slug])

    page = text_of(console.get(list_url(hub, "q=far+%26+away")))
    assert "No school of your area" in page
    assert f'href="{beyond}?q=far%20%26%20away">Look beyond your area</a>' in page
    assert f'href="{beyond}?q=ash">Look beyond your area</a>' in text_of(console.get(list_url(hub, "q=ash")))
    assert beyond not in text_of(console.get(list_url(hub)))

    page = text_of(console.get(beyond, {"q": "far & away"}))
    carried = "?via=beyond&from=q%3Dfar%2B%2526%2Baway"
    assert f'href="{page_url(hub, far)}{carried}">Far & Away School, Ashby Marsh, SO1 1AA</a>' in page
    assert ">Search</button>" in page
    assert "Southern" in page
    assert "1 school" in page


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Which school?"),
        ("x", "Type three letters or digits at least."),
        ("nowhere", "No school of the register has these words"),
        ("x" * 101, "No school of the register has these words"),
    ],
)
def test_beyond_the_area_it_is_said_why_nothing_is_found(console: Client, hub: Hub, typed: str, said: str) -> None:
    assert said in text_of(console.get(reverse("schools_beyond", args=[hub.slug]), {"q": typed}))


def test_beyond_the_area_it_is_said_for_which_words_schools_are_shown_instead(console: Client, hub: Hub) -> None:
    factories.make_school("Mill Hill Primary School")
    search.refresh()
    beyond = reverse("schools_beyond", args=[hub.slug])

    said = "1 school for “hill primary”: nothing is spelt “hlil primry”"
    assert said in text_of(console.get(beyond, {"q": "hlil primry"}))
    assert "nothing is spelt" not in text_of(console.get(beyond, {"q": "mill primary"}))


@pytest.mark.parametrize(
    ("query", "name", "args", "text"),
    [
        ("", "school_list", [], "Schools"),
        ("?from=q%3Dash", "school_list", [], "Schools"),
        ("?via=beyond&from=q%3Dash", "schools_beyond", [], "Schools beyond your area"),
        ("?via=900001-900002&from=doubt%3Dundated", "school_change", [900_001, 900_002], "School change"),
        ("?via=https://elsewhere.example/&from=//elsewhere.example/", "school_list", [], "Schools"),
        ("?via=9999999999999-1", "school_list", [], "Schools"),
    ],
)
def test_a_school_leads_back_to_the_page_that_led_to_it_and_nowhere_else(
    console: Client, hub: Hub, authority: LocalAuthority, query: str, name: str, args: list[int], text: str
) -> None:
    carried = {"from=q%3Dash": "?q=ash", "from=doubt%3Dundated": "?from=doubt%3Dundated"}
    kept = next((there for sent, there in carried.items() if sent in query), "")

    context = console.get(page_url(hub, factories.make_school()) + query).context

    assert (context["back_url"], context["back_text"]) == (reverse(name, args=[hub.slug, *args]) + kept, text)


def test_beyond_the_area_fifty_schools_are_listed(
    console: Client, hub: Hub, other_hub: Hub, authority: LocalAuthority, now: dt.datetime
) -> None:
    beyond = reverse("schools_beyond", args=[hub.slug])
    factories.make_school("Ash Hidden", urn=900_000_002, added_by=other_hub, added_at=now)
    for number in range(3):
        factories.make_school(f"Ash {number}")
    with_three = queries_of(console, f"{beyond}?q=ash")
    assert len(console.get(beyond, {"q": "ash"}).context["found"]) == 3
    for number in range(3, 51):
        factories.make_school(f"Ash {number}")

    response = console.get(beyond, {"q": "ash"})

    assert len(response.context["found"]) == 50
    assert "The first 50 schools: type more to find yours" in text_of(response)
    assert "Ash Hidden" not in text_of(response)
    assert queries_of(console, f"{beyond}?q=ash") == with_three


def test_a_search_beyond_the_area_that_takes_too_long_is_given_up(
    console: Client, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    def give_up(*_: object, **__: object) -> None:
        raise TookTooLong

    monkeypatch.setattr(search, "offer", give_up)

    assert search.TOO_MUCH in text_of(console.get(reverse("schools_beyond", args=[hub.slug]), {"q": "school"}))


def test_when_nothing_matches_the_filters_can_be_cleared(console: Client, hub: Hub, authority: LocalAuthority) -> None:
    factories.make_school()

    page = text_of(console.get(list_url(hub, "took_part=ever")))
    assert "Nothing matches" in page
    assert f'href="{list_url(hub)}">Show all</a>' in page

    page = text_of(console.get(list_url(hub, "q=nowhere")))
    assert f'href="{list_url(hub)}">Show all of your area</a>' in page


def test_a_hub_without_an_area_is_told_where_to_choose_one(
    console: Client, administrator: User, hub: Hub, client_of: ClientOf
) -> None:
    page = text_of(client_of(administrator).get(list_url(hub)))
    assert reverse("hub_areas", args=[hub.slug]) in page

    assert "An administrator of the hub chooses those" in text_of(console.get(list_url(hub)))


def test_a_school_that_another_hub_has_added_is_not_listed(
    console: Client, hub: Hub, other_hub: Hub, authority: LocalAuthority, now: dt.datetime
) -> None:
    added = {"added_at": now, "authority": authority}
    factories.make_school("Ours", urn=900_000_001, added_by=hub, **added)
    factories.make_school("Theirs", urn=900_000_002, added_by=other_hub, **added)

    page = text_of(console.get(list_url(hub)))

    assert "Ours" in page
    assert "Added by your hub" in page
    assert "URN not known yet" in page
    assert "Theirs" not in page


def test_fifty_schools_are_listed_on_a_page(console: Client, hub: Hub, authority: LocalAuthority) -> None:
    for number in range(51):
        factories.make_school(f"School {number:02}")

    assert len(console.get(list_url(hub)).context["rows"]) == 50
    second = console.get(list_url(hub, "page=2"))
    assert [row.school.name for row in second.context["rows"]] == ["School 50"]
    assert "51 to 51 of 51 schools" in text_of(second)


@pytest.mark.django_db(transaction=True)
def test_the_list_takes_at_most_ten_queries_however_many_rows(client_of: ClientOf) -> None:
    hub = factories.make_hub("northvale")
    browser = client_of(factories.make_member(hub, Role.HUB_LEAD, "Leo Lead"))

    def add_school(name: str) -> None:
        old, school = factories.make_school(f"Old {name}"), factories.make_school(name, trust_code=name)
        HubArea.objects.get_or_create(hub=hub, authority=school.authority)
        factories.go_on_as(old, school)
        take_part(old, hub)
        take_part(school, hub)

    add_school("Ash")
    with_one = queries_of(browser, list_url(hub))
    for name in ("Birch", "Cedar"):
        add_school(name)

    assert queries_of(browser, list_url(hub)) == with_one <= 10
    assert queries_of(browser, list_url(hub, "q=birch&took_part=ever&phase=primary&sort=-meals&status=all")) <= 10
    # Three more where no school has a word: what is near it, in two, and a second count.
    search.refresh()
    assert queries_of(browser, list_url(hub, "q=bircch")) <= 13


# --- The page of a school --------------------------------------------------------------------


def test_the_page_tells_facts_line_participation_expressions_and_what_happened(
    console: Client, hub: Hub, other_hub: Hub, authority: LocalAuthority, now: dt.datetime
) -> None:
    ash = factories.make_school("Ash Lane Primary School", urn=100_001)
    birch = factories.make_school("Birch Academy", urn=100_002, website="www.birch.example")
    link(ash, birch)
    mine, theirs = take_part(ash, hub, 2019), take_part(birch, other_hub, 2021)
    sent = factories.make_expression(factories.make_window(hub), ash)
    with tenancy.use(hub):
        timeline.record(subject=ash, actor="Ada", now=now, text="Recorded something.")

    page = text_of(console.get(page_url(hub, birch)))

    assert "<title>Birch Academy" in page.replace("\n", "").replace("  ", "")
    assert 'href="http://www.birch.example"' in page
    assert "Open Government Licence v3.0" in page
    leads_to_ash = f'href="{page_url(hub, ash)}">Ash Lane Primary School</a> (URN 100001)'
    assert f"{leads_to_ash} became Birch Academy (URN 100002) on 1 September 2020." in page
    assert "2019/20" in page
    assert "2021/22" in page
    assert "URN 100001" in page
    assert other_hub.name in page
    assert reverse("expression", args=[hub.slug, sent.reference]) in page
    assert "as Ash Lane Primary School" in page
    assert "Recorded something." in page
    assert reverse("school_participation", args=[hub.slug, birch.urn]) in page
    # The hub of the area puts right what any hub has recorded.
    for one in (mine, theirs):
        assert reverse("school_participation_remove", args=[hub.slug, birch.urn, one.pk]) in page
    headings = ["What it was before and what it became", "What it took part in", "What the register says"]
    assert sorted(headings, key=page.index) == headings


def test_what_another_hub_has_recorded_of_a_school_elsewhere_is_not_the_hubs_to_remove(
    console: Client, hub: Hub, other_hub: Hub
) -> None:
    far = factories.make_school("Far School")
    factories.make_expression(factories.make_window(hub), far, state=State.OFFERED)
    mine, theirs = take_part(far, hub, 2019), take_part(far, other_hub, 2021)

    page = text_of(console.get(page_url(hub, far)))

    assert reverse("school_participation", args=[hub.slug, far.urn]) in page
    assert reverse("school_participation_remove", args=[hub.slug, far.urn, mine.pk]) in page
    assert reverse("school_participation_remove", args=[hub.slug, far.urn, theirs.pk]) not in page


def test_what_is_in_doubt_leads_to_its_evidence_and_what_was_decided_to_its_reason(
    console: Client, hub: Hub, lead: User, authority: LocalAuthority, now: dt.datetime
) -> None:
    ash, birch, cedar = (factories.make_school(name) for name in ("Ash", "Birch", "Cedar"))
    link(ash, birch, cedar)
    evidence = reverse("school_change", args=[hub.slug, ash.urn, cedar.urn])

    page = text_of(console.get(page_url(hub, cedar)))
    assert "In doubt: The school has more than one successor." in page
    assert f'href="{evidence}">See the evidence' in page

    rule(hub, lead, ash, cedar, now, same_school=True)
    page = text_of(console.get(page_url(hub, cedar)))
    assert "Northvale Maths Hub decided on 21 November 2026: the same school." in page
    assert f'href="{evidence}">Read why' in page

    rule(hub, lead, ash, cedar, now + dt.timedelta(days=1), same_school=False)
    page = text_of(console.get(page_url(hub, cedar)))
    assert "No other URN of it is known." in page
    assert "What does not count for it" in page
    assert "Ash</a> (URN" in page
    assert "did not go on as Cedar" in page
    assert "decided on 22 November 2026: not the same school." in page
    assert f'href="{evidence}">Read why' in page


def rule(hub: Hub, user: User, one: School, other: School, now: dt.datetime, *, same_school: bool) -> None:
    with tenancy.use(hub):
        ancestry.rule(
            predecessor=one.pk,
            successor=other.pk,
            same_school=same_school,
            reason="The head says so.",
            actor=factories.membership_of(user, hub),
            now=now,
        )


def test_evidence_on_a_change_of_another_area_is_not_offered(console: Client, hub: Hub) -> None:
    ash, birch, cedar = (factories.make_school(name) for name in ("Ash", "Birch", "Cedar"))
    link(ash, birch, cedar)

    page = text_of(console.get(page_url(hub, cedar)))

    assert "In doubt: The school has more than one successor." in page
    assert reverse("school_change", args=[hub.slug, ash.urn, cedar.urn]) not in page


def test_the_latest_ten_things_that_happened_are_told(
    console: Client, hub: Hub, authority: LocalAuthority, now: dt.datetime
) -> None:
    ash = factories.make_school()
    with tenancy.use(hub):
        for number in range(11):
            timeline.record(subject=ash, actor="Ada", now=now, text=f"Did thing {number}.")

    entries = console.get(page_url(hub, ash)).context["entries"]

    assert [entry.text for entry in entries] == [f"Did thing {number}." for number in range(10, 0, -1)]


def link(former: School, *schools: School) -> None:
    """Let schools go on as others as the register would say it."""
    for school in schools:
        RegisterLink.objects.create(
            urn=former.urn, other_urn=school.urn, kind="Successor", established_on=dt.date(2020, 9, 1)
        )
    School.objects.filter(pk=former.pk).update(status=School.Status.CLOSED, closed_on=dt.date(2020, 8, 31))
    ancestry.rebuild()


def test_a_closed_urn_says_what_the_school_is_called_now_and_leads_there(
    console: Client, hub: Hub, authority: LocalAuthority
) -> None:
    ash, birch = factories.make_school("Ash"), factories.make_school("Birch Academy")
    link(ash, birch)

    page = text_of(console.get(page_url(hub, ash)))

    assert "It has closed and is now" in page
    assert f'href="{page_url(hub, birch)}">Birch Academy</a>' in page


def test_a_school_that_has_split_leads_to_each_of_its_parts(
    console: Client, hub: Hub, authority: LocalAuthority
) -> None:
    ash, parts = factories.make_school("Ash"), [factories.make_school(name) for name in ("North", "South")]
    factories.go_on_as(ash, *parts)

    page = text_of(console.get(page_url(hub, ash)))

    assert "has become 2 schools" in page
    assert all(page_url(hub, part) in page for part in parts)


def test_a_closed_school_without_a_successor_says_so(console: Client, hub: Hub, authority: LocalAuthority) -> None:
    ash = factories.make_school()
    factories.go_on_as(ash)

    page = text_of(console.get(page_url(hub, ash)))

    assert "It has closed, and no open school is known that it is now." in page
    assert "Nothing recorded" in page
    assert "It has sent none to Northvale Maths Hub." in page


def test_any_school_of_the_register_has_a_page_but_only_the_hubs_own_are_recorded_for(
    console: Client, hub: Hub
) -> None:
    far = factories.make_school("Far School")

    page = text_of(console.get(page_url(hub, far)))

    assert "outside your area" in page
    assert reverse("school_participation", args=[hub.slug, far.urn]) not in page


def test_a_school_that_a_hub_has_added_has_a_page_in_that_hub_alone(
    console: Client, hub: Hub, other_hub: Hub, stranger: User, client_of: ClientOf, now: dt.datetime
) -> None:
    added = factories.make_school("New School", urn=900_000_001, added_by=hub, added_at=now)

    page = text_of(console.get(page_url(hub, added)))
    assert "Added by your hub" in page
    assert "What your hub has entered" in page
    assert "Open Government Licence v3.0</a>" not in page
    assert "URN 900000001" not in page

    assert client_of(stranger).get(page_url(other_hub, added)).status_code == 404
    assert console.get(reverse("school", args=[hub.slug, 123])).status_code == 404
    assert console.get(reverse("school", args=[hub.slug, 10**17])).status_code == 404


def test_a_school_that_has_not_taught_yet_has_nothing_to_record_unless_it_was_another_before(
    console: Client, hub: Hub, authority: LocalAuthority
) -> None:
    ash = factories.make_school("Ash Lane Primary School")
    to_come = factories.make_school("Birch Academy", status=School.Status.PROPOSED, opened_on=dt.date(2100, 9, 1))
    address = reverse("school_participation", args=[hub.slug, to_come.urn])

    assert address not in text_of(console.get(page_url(hub, to_come)))
    link(ash, to_come)
    assert address in text_of(console.get(page_url(hub, to_come)))


@pytest.mark.parametrize(("status", "offered"), [(School.Status.PROPOSED, True), (School.Status.CLOSED, False)])
def test_a_school_that_the_hub_has_added_can_be_changed_and_withdrawn_until_it_is_found(
    console: Client, hub: Hub, specialist: User, client_of: ClientOf, now: dt.datetime, status: int, offered: bool
) -> None:
    added = factories.make_school("New School", urn=900_000_001, added_by=hub, added_at=now, status=status)

    for name in ("school_added_change", "school_withdraw"):
        address = reverse(name, args=[hub.slug, added.urn])
        assert (address in text_of(console.get(page_url(hub, added)))) is offered
        assert address not in text_of(client_of(specialist).get(page_url(hub, added)))


def test_a_mastery_specialist_sees_the_school_and_none_of_what_it_sent(
    specialist: User, hub: Hub, authority: LocalAuthority, client_of: ClientOf
) -> None:
    sent = factories.make_expression(factories.make_window(hub), take_part(factories.make_school(), hub).school)

    page = text_of(client_of(specialist).get(page_url(hub, sent.school)))

    assert "Developing (primary)" in page
    assert str(sent.reference) not in page
    assert "Expressions of interest" not in page
    assert "Record earlier participation" not in page
    assert "Remove" not in page


def test_the_page_takes_as_many_queries_with_three_of_everything_as_with_one(
    console: Client, hub: Hub, authority: LocalAuthority
) -> None:
    ash, birch = factories.make_school("Ash"), factories.make_school("Birch")
    link(ash, birch)
    factories.make_expression(factories.make_window(hub), ash)
    take_part(ash, hub)
    with_one = queries_of(console, page_url(hub, birch))
    for number, stage in enumerate(("primary-readiness", "secondary-developing")):
        factories.make_expression(factories.make_window(hub, stage=stage), birch)
        take_part(birch, hub, 2022 + number)
    link(factories.make_school("Cedar"), birch)

    assert (with_one, queries_of(console, page_url(hub, birch))) == (20, 20)
