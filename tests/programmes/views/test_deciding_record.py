from __future__ import annotations

import datetime as dt
import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from correspondence.models import Message
from hubs import tenancy
from hubs.models import Hub, HubArea, LocalAuthority, User
from hubs.wording import day, from_today, moment
from programmes import onward
from programmes.models import ExpressionOfInterest, Participation, RecruitmentWindow, Stage, State
from programmes.onward import Way
from schools.models import Ancestor, School
from tests import factories, work
from tests.programmes.conftest import reload
from tests.programmes.views.console import REASON, an_offer, answer, link, list_url, queries_of, said, url, written
from tests.programmes.views.journey import text_of

# --- The record ------------------------------------------------------------------------------


def test_the_record_shows_every_answer_the_decision_and_what_happened(
    console: Client, window: RecruitmentWindow, lead: User
) -> None:
    sent = factories.make_expression(window)
    console.post(url("expression_decline", sent), {"reason": REASON})

    page = text_of(console.get(url("expression", sent)))

    for shown in ("Cleo Contact", "01632 960001", "Hana Head", "Teacher 1", "teacher2@school.example", "Declined"):
        assert shown in page
    assert "keep <you> in mind" in page
    assert lead.name in page
    assert "Offer a place after all" in page
    assert page.count("to cleo@school.example") == 1
    assert "<you>" not in console.get(url("expression", sent)).content.decode()


@pytest.mark.parametrize(("authority", "where"), [("001", "in your area"), ("002", "outside your area")])
def test_the_record_says_what_kind_of_school_it_is_and_where(
    console: Client, window: RecruitmentWindow, authority: str, where: str
) -> None:
    near = factories.make_school(type_name="Community school")
    far = LocalAuthority.objects.create(code="002", name="Farshire")
    HubArea.objects.create(hub=window.hub, authority=near.authority)
    school = near if authority == "001" else factories.make_school(authority=far, type_name="Community school")

    page = text_of(console.get(url("expression", factories.make_expression(window, school))))

    assert f"{school.authority.name} ({where})" in page
    assert "Primary, 3 to 11" in page
    assert "Community school" in page


def test_the_record_lists_what_the_school_sent_before(
    console: Client, window: RecruitmentWindow, other_hub: Hub
) -> None:
    school = factories.make_school()
    sent = factories.make_expression(window, school)
    assert "Nothing: this is the first one." in text_of(console.get(url("expression", sent)))
    before = queries_of(console, url("expression", sent))
    readiness = factories.make_window(window.hub, stage="primary-readiness")
    older = factories.make_expression(readiness, school, state=State.DECLINED)
    factories.make_draft(factories.make_window(window.hub, stage="primary-embedding"), school)
    elsewhere = factories.make_expression(factories.make_window(other_hub), school)
    unrelated = factories.make_expression(window)

    page = text_of(console.get(url("expression", sent)))

    assert url("expression", older) in page
    assert str(readiness.stage_year) in page
    assert "Nothing: this is the first one." not in page
    for other in (elsewhere, unrelated):
        assert str(other.reference) not in page
    assert queries_of(console, url("expression", sent)) == before


def test_what_is_decided_cannot_be_decided_again_on_the_page(console: Client, window: RecruitmentWindow) -> None:
    offered = factories.make_expression(window, state=State.OFFERED)

    page = console.get(url("expression", offered)).content.decode()

    assert url("expression_offer", offered) not in page
    assert url("expression_decline", offered) not in page


def test_the_record_takes_as_many_queries_with_one_decision_as_with_two(
    console: Client, window: RecruitmentWindow
) -> None:
    sent = factories.make_expression(window)
    console.post(url("expression_decline", sent), {"reason": REASON})
    with_one = queries_of(console, url("expression", sent))
    console.post(url("expression_offer", sent), an_offer())

    assert written(sent) == (2, 4)
    assert queries_of(console, url("expression", sent)) == with_one


# --- The school's answer ---------------------------------------------------------------------


@pytest.mark.parametrize(("days", "overdue"), [(-1, True), (0, False), (5, False)])
def test_the_record_says_by_when_an_offer_was_to_be_answered_and_that_it_is_overdue(
    console: Client, window: RecruitmentWindow, days: int, overdue: bool
) -> None:
    answer_by = timezone.localdate() + dt.timedelta(days=days)
    offered = work.make_offered(window.hub, year=window.stage_year.year, answer_by=answer_by)

    page = text_of(console.get(url("expression", offered)))

    assert f"The school was asked to answer by {day(answer_by)} ({from_today(answer_by)})." in " ".join(page.split())
    assert ("Overdue" in page) == overdue
    answer(offered, accepts=False)
    assert "Overdue" not in text_of(console.get(url("expression", offered)))


def test_the_record_shows_who_accepted_and_what_was_agreed(console: Client, window: RecruitmentWindow) -> None:
    offered = work.make_offered(window.hub, year=window.stage_year.year)
    given = answer(offered, accepts=True)

    page = text_of(console.get(url("expression", offered)))

    assert re.search(r"<strong>Accepted</strong> on [^<]* by Dee <Deputy>, Deputy", page)
    assert "What was agreed, word for word" in page
    for line in given.agreement.splitlines():
        assert line in page
    assert "<Deputy>" not in console.get(url("expression", offered)).content.decode()
    for name in ("expression_offer", "expression_decline"):
        assert url(name, offered) not in page


def test_the_record_of_an_accepted_place_leads_on_to_where_rooms_above_say(
    console: Client, window: RecruitmentWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onward, "_finders", [lambda expression, membership: Way("The <place>", "/place/1/")])
    offered = work.make_offered(window.hub, year=window.stage_year.year)
    assert "/place/1/" not in text_of(console.get(url("expression", offered)))
    answer(offered, accepts=True)

    assert link(console.get(url("expression", offered)), "The <place>") == "/place/1/"


def test_a_place_that_was_turned_down_can_be_offered_again(console: Client, window: RecruitmentWindow) -> None:
    offered = work.make_offered(window.hub, year=window.stage_year.year)
    answer(offered, accepts=False)

    page = text_of(console.get(url("expression", offered)))
    assert "No <time>." in page
    assert "Offer the place again" in page
    assert url("expression_decline", offered) not in page
    console.post(url("expression_offer", offered), an_offer())

    assert reload(offered).state == State.OFFERED
    # Which of the two offers was turned down is told by the order.
    page = text_of(console.get(url("expression", offered)))
    assert page.count("<strong>Offered</strong>") == 2
    assert page.index("<strong>Offered</strong>") < page.index("<strong>Turned down</strong>")


@pytest.mark.parametrize(("accepts", "became"), [(True, "accepted it"), (False, "turned it down")])
def test_who_decides_too_late_is_told_what_the_school_has_answered(
    console: Client, window: RecruitmentWindow, accepts: bool, became: str
) -> None:
    offered = work.make_offered(window.hub, year=window.stage_year.year)
    given = answer(offered, accepts=accepts)

    (message,) = said(console.post(url("expression_decline", offered), {"reason": REASON}))

    assert f"Dee <Deputy>, Deputy, {became} on {moment(given.answered_at)}. Nothing of yours was saved" in message


def test_the_record_takes_as_many_queries_with_an_answer_as_without(
    console: Client, window: RecruitmentWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Each room above that a place leads to takes one, and says so there.
    monkeypatch.setattr(onward, "_finders", [])
    offered = work.make_offered(window.hub, year=window.stage_year.year)
    without = queries_of(console, url("expression", offered))
    answer(offered, accepts=False)
    console.post(url("expression_offer", offered), an_offer())
    answer(offered, accepts=True)

    assert queries_of(console, url("expression", offered)) == without


# --- The way back ----------------------------------------------------------------------------


def test_the_filters_of_the_list_go_along_and_lead_back(console: Client, window: RecruitmentWindow) -> None:
    sent = factories.make_expression(window)
    listed = list_url(window.hub, "q=ash+lane&state=submitted&page=1")

    record = link(console.get(listed), str(sent.reference))
    assert link(console.get(record), "Expressions of interest", last=False) == listed
    for button in ("Offer a place", "Decline"):
        form = link(console.get(record), button)
        assert link(console.get(form), "Cancel") == link(console.get(form), str(sent.reference)) == record
    decided = console.post(link(console.get(record), "Decline"), {"reason": REASON})
    assert decided.headers["Location"] == record
    again = console.post(url("expression_decline", sent) + "?" + record.split("?")[1], {"reason": REASON})
    assert again.headers["Location"] == record


@pytest.mark.parametrize(
    "sent_along",
    ["https://evil.example/", "//evil.example", "javascript:alert(1)", '"><b>=<b>', "%00=%00"],
)
def test_what_is_sent_along_is_only_ever_a_query_of_the_list(
    console: Client, window: RecruitmentWindow, sent_along: str
) -> None:
    sent = factories.make_expression(window)

    page = console.get(url("expression", sent), {"from": sent_along})

    path, _, query = page.context["back_url"].partition("?")
    assert path == list_url(window.hub)
    assert re.fullmatch(r"[\w%.~+=&-]*", query)
    assert "<b>" not in page.content.decode()


# --- A school that has changed -----------------------------------------------------------------


@pytest.fixture
def changed(window: RecruitmentWindow) -> ExpressionOfInterest:
    """Sent by a school that has another URN by now."""
    ash = factories.make_school("Ash Lane Primary School", urn=100_001)
    sent = factories.make_expression(window, ash)
    factories.go_on_as(ash, factories.make_school("Birch Academy", urn=100_002, town="Birchford"))
    factories.follow_register(now=timezone.now())
    return sent


def test_the_record_shows_todays_name_and_the_former_one(console: Client, changed: ExpressionOfInterest) -> None:
    page = text_of(console.get(url("expression", changed)))

    assert re.search(r"<h1[^>]*>Birch Academy</h1>", page)
    assert "Formerly Ash Lane Primary School" in page
    assert "Birch Academy, Birchford" in page
    assert "Formerly Ash Lane Primary School, URN 100001" in page


def test_the_notice_says_what_happened_until_somebody_has_seen_it(
    console: Client, changed: ExpressionOfInterest
) -> None:
    page = console.get(url("expression", changed))
    seen = reverse("expression_change_seen", args=[*record_of(changed), page.context["change"].pk])
    assert "The school has changed" in text_of(page)
    assert f'action="{seen}"' in text_of(page)

    assert console.get(seen).headers["Location"] == url("expression", changed)
    assert console.get(url("expression", changed)).context["change"] is not None

    answer = console.post(seen)
    assert answer.headers["Location"] == url("expression", changed)
    page = console.get(url("expression", changed))
    assert page.context["change"] is None
    assert "The notice is marked as seen." in text_of(page)
    assert "The school has changed" not in text_of(page)
    assert "closed on 31 August 2026 and is Birch Academy" in text_of(page)


def test_the_notice_of_another_expression_is_not_marked_here(
    console: Client, changed: ExpressionOfInterest, window: RecruitmentWindow
) -> None:
    other = factories.make_expression(window, factories.make_school("Oak"))
    notice = console.get(url("expression", changed)).context["change"]

    console.post(reverse("expression_change_seen", args=[*record_of(other), notice.pk]))

    assert console.get(url("expression", changed)).context["change"] == notice


def test_what_the_school_sent_under_its_other_urns_stands_among_what_it_sent(
    console: Client, changed: ExpressionOfInterest, window: RecruitmentWindow
) -> None:
    again = factories.make_expression(window, School.objects.get(pk=100_002), state=State.DECLINED)

    page = text_of(console.get(url("expression", again)))

    assert url("expression", changed) in page
    assert "as Ash Lane Primary School" in page


def test_what_the_school_took_part_in_under_any_urn_stands_on_the_record(
    console: Client, changed: ExpressionOfInterest, window: RecruitmentWindow, other_hub: Hub
) -> None:
    assert "Nothing recorded" in text_of(console.get(url("expression", changed)))
    new = School.objects.get(pk=100_002)
    older, oak = factories.make_school("Ash Infants"), factories.make_school("Oak")
    for school in (changed.school, new):
        Ancestor.objects.create(school=school, ancestor=older)
    for school, year in ((older, 2017), (changed.school, 2019), (new, 2025), (oak, 2018)):
        Participation.objects.create(
            school=school,
            stage=Stage.objects.get(slug="primary-readiness"),
            year=year,
            outcome="completed",
            recorded_for=other_hub,
            recorded_at=timezone.now(),
        )

    for expression in (changed, factories.make_expression(window, new, state=State.DECLINED)):
        page = text_of(console.get(url("expression", expression)))
        for shown in ("2017/18", "Ash Infants", "2019/20", "2025/26", other_hub.name):
            assert shown in page
        assert "2018/19" not in page
        # To remove it is for the page of the school.
        assert "/participation/" not in page


def test_the_record_takes_as_many_queries_for_a_school_that_has_changed(
    console: Client, changed: ExpressionOfInterest, window: RecruitmentWindow
) -> None:
    plain = factories.make_expression(window, factories.make_school("Oak"))

    assert queries_of(console, url("expression", changed)) == queries_of(console, url("expression", plain))


def test_letter_and_preview_name_the_school_as_it_is_called_now(console: Client, changed: ExpressionOfInterest) -> None:
    preview = text_of(console.get(url("expression_offer", changed)))
    assert "offer Birch Academy a place" in preview
    assert "Ash Lane" not in preview

    console.post(url("expression_offer", changed), an_offer())

    with tenancy.use(changed.hub):
        letters = [message.text for message in Message.objects.about(changed)]
    assert len(letters) == 2
    assert all("offer Birch Academy a place" in letter for letter in letters)


def test_of_a_school_that_has_split_the_hub_chooses_the_part_on_a_page_of_its_own(
    console: Client, window: RecruitmentWindow
) -> None:
    sent = factories.make_expression(window, factories.make_school("Ash Lane Primary School"))
    address = url("expression_part", sent)
    assert address not in text_of(console.get(url("expression", sent)))
    parts = [factories.make_school(f"Ash {where}", urn=100_003 + number) for number, where in enumerate("NS")]
    factories.go_on_as(sent.school, *parts)

    assert f'href="{address}"' in text_of(console.get(url("expression", sent)))
    page = console.get(address)
    assert "URN 100004" in text_of(page)
    assert "Choose the school that it is for" in text_of(console.post(address, {"urn": ""}))
    answer = console.post(address, {"urn": "100004"})

    assert answer.headers["Location"] == url("expression", sent)
    assert re.search(r"<h1[^>]*>Ash S</h1>", text_of(console.get(url("expression", sent))))
    # A second click finds nothing to choose.
    assert console.post(address, {"urn": "100004"}).headers["Location"] == url("expression", sent)
    assert "There is nothing to choose." in text_of(console.get(url("expression", sent)))


def record_of(expression: ExpressionOfInterest) -> tuple[str, str | None]:
    return expression.hub.slug, expression.reference
