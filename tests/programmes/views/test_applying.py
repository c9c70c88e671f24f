from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import unquote

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from correspondence.models import Message
from hubs import tenancy
from hubs.links import LIFETIMES, Purpose, make_token
from hubs.models import Hub, User
from programmes.models import ExpressionOfInterest, RecruitmentWindow, State
from programmes.views.applying import CONTINUE_COOKIE
from schools.models import School
from tests import factories
from tests.programmes.conftest import reload
from tests.programmes.views.journey import ANSWERS, all_ticked, answers_for, follow, page_of, step_of, token_of

DAY = dt.timedelta(days=1)
STAGE = "primary-developing"
STEPS = ["school", "contact", "headteacher", "lead-teacher-1", "lead-teacher-2", "promises", "check"]


@pytest.fixture
def window(hub: Hub) -> RecruitmentWindow:
    """Open by the clock on the wall, which is the one that views read."""
    return factories.make_window(hub)


def move(window: RecruitmentWindow, **days: float) -> None:
    """Move a window's moments to so many days from now."""
    now = timezone.now()
    with tenancy.use(window.hub_id):
        RecruitmentWindow.objects.filter(pk=window.pk).update(
            **{name: now + dt.timedelta(days=value) for name, value in days.items()}
        )


def everything(hub: Hub) -> tuple[list[ExpressionOfInterest], list[Message]]:
    with tenancy.use(hub):
        return list(ExpressionOfInterest.objects.order_by("pk")), list(Message.objects.order_by("pk"))


def begin_url(hub: Hub, stage: str = STAGE) -> str:
    return reverse("expression_begin", args=[hub.slug, stage])


def school_url(hub: Hub, stage: str = STAGE) -> str:
    return reverse("expression_school", args=[hub.slug, stage])


def text_of(response: Any) -> str:
    """A page as people read it: without entities."""
    return html.unescape(response.content.decode())


# --- The whole way ---------------------------------------------------------------------------


def test_a_school_goes_all_the_way_without_javascript(client: Client, window: RecruitmentWindow) -> None:
    hub = window.hub
    school = factories.make_school("Ash Lane Primary School", postcode="NV1 2AB")
    factories.make_school("Mill Road School", postcode="NV3 4CD")

    page = client.get(reverse("hub_public", args=[hub.slug]))
    assert begin_url(hub) in page.content.decode()
    assert school_url(hub) in client.get(begin_url(hub)).content.decode()

    to_results = client.post(school_url(hub), {"q": "ash lane"})
    assert to_results.status_code == 302
    results = client.get(to_results.headers["Location"])
    assert str(school.urn) in results.content.decode()
    assert "Mill Road" not in results.content.decode()

    url = follow(client, client.post(to_results.headers["Location"], {"urn": school.urn}))
    visited = []
    while (step := step_of(url)) != "check":
        visited.append(step)
        url = follow(client, client.post(url, answers_for(step)))
    assert visited == STEPS[1:-1]

    check = text_of(client.get(url))
    for typed in ("Cora Contact", "01632 960001", "Hana Head", "one@school.example", "Theo Two", "1234567"):
        assert typed in check

    confirmation = client.get(follow(client, client.post(url)))
    ((expression,), messages) = everything(hub)
    assert expression.state == State.SUBMITTED
    assert str(expression.reference) in confirmation.content.decode()
    assert sorted(message.recipients[0] for message in messages) == ["cora@school.example", "hana@school.example"]
    assert mail.outbox == []


def test_with_javascript_the_school_is_chosen_in_one_go(client: Client, window: RecruitmentWindow) -> None:
    school = factories.make_school()

    response = client.post(school_url(window.hub), {"q": school.name, "urn": str(school.urn)})

    assert step_of(response.headers["Location"]) == "contact"
    ((draft,), _) = everything(window.hub)
    assert draft.school == school


def test_a_headteacher_who_fills_it_in_is_not_asked_for_the_headteacher(
    client: Client, window: RecruitmentWindow
) -> None:
    draft = factories.make_draft(window)

    url = follow(client, client.post(page_of(draft, "contact"), {**ANSWERS["contact"], "is_head": "yes"}))

    assert step_of(url) == "check"
    assert step_of(client.get(page_of(draft, "headteacher")).headers["Location"]) == "check"


def test_an_answer_can_be_changed_from_the_check_and_leads_back_to_it(
    client: Client, window: RecruitmentWindow
) -> None:
    draft = factories.make_draft(window)
    assert page_of(draft, "lead-teacher-2").split("~")[0] in client.get(page_of(draft, "check")).content.decode()

    url = follow(client, client.post(page_of(draft, "lead-teacher-2"), ANSWERS["lead-teacher-2"]))

    assert step_of(url) == "check"
    assert "Theo Two" in client.get(url).content.decode()


def test_changing_the_school_keeps_the_answers(client: Client, window: RecruitmentWindow) -> None:
    draft = factories.make_draft(window)
    other = factories.make_school("Mill Road School")

    url = follow(client, client.post(page_of(draft, "school"), {"urn": other.urn}))

    assert step_of(url) == "check"
    page = client.get(url).content.decode()
    assert "Mill Road School" in page
    assert "Cleo Contact" in page


# --- Choosing the school ---------------------------------------------------------------------


@pytest.mark.parametrize("urn", ["", "0", "12345678901234567890", "-1", "9e5", "٩٠٠٠٠١", "x\x00"])
def test_a_number_that_is_no_school_begins_nothing(client: Client, window: RecruitmentWindow, urn: str) -> None:
    response = client.post(school_url(window.hub), {"urn": urn})

    assert response.status_code == 200
    assert "Enter the school's name, town, postcode or URN" in text_of(response)
    assert everything(window.hub)[0] == []


def test_a_closed_school_cannot_be_chosen(client: Client, window: RecruitmentWindow) -> None:
    closed = factories.make_school(status=School.Status.CLOSED)

    client.post(school_url(window.hub), {"urn": closed.urn})

    assert everything(window.hub)[0] == []


@pytest.mark.parametrize("typed", ["No such school anywhere", "%", "<script>alert(1)</script>", "🧮🧮🧮", "a\x00b"])
def test_a_search_that_finds_nothing_shows_what_was_typed_and_what_to_do(
    client: Client, window: RecruitmentWindow, typed: str
) -> None:
    response = client.get(school_url(window.hub), {"q": typed})

    assert response.status_code == 200
    assert "We found no open school for" in text_of(response)
    assert "<script>alert" not in response.content.decode()


def test_choosing_none_of_the_schools_found_says_so(client: Client, window: RecruitmentWindow) -> None:
    factories.make_school()

    response = client.post(f"{school_url(window.hub)}?q=ash+lane", {"urn": ""})

    assert everything(window.hub)[0] == []
    assert "Ash Lane" in follow_or_page(client, response)


def follow_or_page(client: Client, response: Any) -> str:
    if response.status_code == 302:
        response = client.get(response.headers["Location"])
    return text_of(response)


def test_starting_too_often_from_one_address_is_refused(
    client: Client, window: RecruitmentWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("programmes.views.applying.STARTS_PER_HOUR", 1)
    school = factories.make_school()

    statuses = [client.post(school_url(window.hub), {"urn": school.urn}).status_code for _ in range(2)]

    assert statuses == [302, 429]
    assert len(everything(window.hub)[0]) == 1


# --- Nothing typed is lost -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "spoilt"),
    [
        ("contact", {"email": "cora at school", "phone": "ask", "is_head": ""}),
        ("headteacher", {"email": "hana at school"}),
        ("lead-teacher-1", {"email": "x", "trn": "12", "year_group": "Year 4 <b>"}),
        ("lead-teacher-2", {"email": "teacher1@school.example", "name": "Ann O'Brien & Söhne 🧮"}),
    ],
)
def test_a_refused_answer_is_shown_again_with_all_that_was_typed(
    client: Client, window: RecruitmentWindow, step: str, spoilt: dict[str, str]
) -> None:
    draft = factories.make_draft(window)
    typed = {**ANSWERS[step], **spoilt}

    response = client.post(page_of(draft, step), typed)

    assert response.status_code == 200
    page = response.content.decode()
    assert "govuk-error-summary" in page
    shown = [html.unescape(value) for value in re.findall(r'value="([^"]*)"', page)]
    for name, value in typed.items():
        if name != "is_head":
            assert value in shown, name
    before, after = draft, reload(draft)
    assert (after.contact_email, after.head_email) == (before.contact_email, before.head_email)


def test_ticks_that_were_set_stay_set(client: Client, window: RecruitmentWindow) -> None:
    draft = factories.make_draft(window)
    ticks = all_ticked()
    del ticks["promise_3"]

    page = client.post(page_of(draft, "promises"), ticks).content.decode()

    boxes = re.findall(r"<input[^>]*type=\"checkbox\"[^>]*>", page)
    ticked = [re.search(r'name="(\w+)"', box)[1] for box in boxes if "checked" in box]  # type: ignore[index]
    assert ticked == list(ticks)
    assert len(boxes) == len(ticks) + 1


@pytest.mark.parametrize("step", ["contact", "headteacher", "lead-teacher-1", "lead-teacher-2"])
def test_what_was_answered_stands_in_the_form_when_one_comes_back(
    client: Client, window: RecruitmentWindow, step: str
) -> None:
    draft = factories.make_draft(window)
    follow(client, client.post(page_of(draft, step), ANSWERS[step]))

    page = client.get(page_of(draft, step)).content.decode()

    for name, value in ANSWERS[step].items():
        if name == "is_head":
            assert re.search(r'<input[^>]*value="no"[^>]*checked', page)
        else:
            assert f'value="{value}"' in page


def test_a_whole_book_pasted_into_a_name_is_refused_and_changes_nothing(
    client: Client, window: RecruitmentWindow
) -> None:
    draft = factories.make_draft(window)

    response = client.post(page_of(draft, "contact"), {**ANSWERS["contact"], "name": "x" * 5_000_000})

    assert response.status_code == 400
    assert "try again" in text_of(response)
    assert reload(draft).contact_name == "Cleo Contact"


def test_a_form_with_a_stale_token_is_given_back_and_can_be_sent_again(window: RecruitmentWindow) -> None:
    draft = factories.make_draft(window)
    browser = Client(enforce_csrf_checks=True)
    url = page_of(draft, "contact")
    stale = {**ANSWERS["contact"], "name": 'Cora "Quote" Contact', "csrfmiddlewaretoken": "stale" * 8}

    refused = browser.post(url, stale, headers={"Origin": "http://testserver"})

    assert refused.status_code == 403
    page = refused.content.decode()
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    again = {name: html.unescape(value) for name, value in fields.items()}
    assert again.pop("csrfmiddlewaretoken") != stale["csrfmiddlewaretoken"]
    token = fields["csrfmiddlewaretoken"]
    assert again == {name: value for name, value in stale.items() if name != "csrfmiddlewaretoken"}
    accepted = browser.post(url, {**again, "csrfmiddlewaretoken": token}, headers={"Origin": "http://testserver"})
    assert accepted.status_code == 302
    assert reload(draft).contact_name == 'Cora "Quote" Contact'


def test_a_form_from_another_site_is_refused_without_its_words(window: RecruitmentWindow) -> None:
    draft = factories.make_draft(window)
    browser = Client(enforce_csrf_checks=True)

    refused = browser.post(page_of(draft, "contact"), ANSWERS["contact"], headers={"Origin": "https://evil.example"})

    assert refused.status_code == 403
    assert "Cora" not in refused.content.decode()
    assert reload(draft).contact_name == "Cleo Contact"


# --- The order of the steps ------------------------------------------------------------------


@pytest.mark.parametrize("step", STEPS[2:])
def test_jumping_ahead_leads_to_the_first_open_question(client: Client, window: RecruitmentWindow, step: str) -> None:
    client.post(school_url(window.hub), {"urn": factories.make_school().urn})
    ((draft,), _) = everything(window.hub)

    for response in (client.get(page_of(draft, step)), client.post(page_of(draft, step), answers_for(step))):
        assert response.status_code == 302
        assert step_of(response.headers["Location"]) == "contact"
    assert reload(draft).state == State.DRAFT


@pytest.mark.parametrize(("step", "before"), list(zip(STEPS[1:], STEPS, strict=False)))
def test_each_page_has_a_way_back(client: Client, window: RecruitmentWindow, step: str, before: str) -> None:
    draft = factories.make_draft(window)

    page = client.get(page_of(draft, step))

    assert step_of(page.context["back_url"]) == before
    assert f'href="{page.context["back_url"]}"' in page.content.decode()


def test_an_unknown_step_is_not_there(client: Client, window: RecruitmentWindow) -> None:
    assert client.get(page_of(factories.make_draft(window), "payment")).status_code == 404


# --- Links -----------------------------------------------------------------------------------


def pages(token: str) -> list[str]:
    return [reverse("expression_continue", args=[token]), *(reverse("expression_step", args=[token, s]) for s in STEPS)]


def test_a_forged_link_opens_nothing(client: Client, window: RecruitmentWindow) -> None:
    token = token_of(factories.make_draft(window))
    body, rest = token.split("~", 1)
    hub_id, subject = body.split(".")
    forged = [f"{hub_id}.{int(subject) + 1}~{rest}", token[:-1] + ("A" if token[-1] != "A" else "B"), "x", body, "~~"]

    for one in forged:
        for url in pages(one):
            assert client.get(url).status_code == 404
            assert client.post(url, ANSWERS["contact"]).status_code == 404


@pytest.mark.parametrize("purpose", ["invitation", "expression-confirmation"])
def test_a_link_for_another_purpose_opens_nothing(client: Client, window: RecruitmentWindow, purpose: Purpose) -> None:
    draft = factories.make_draft(window)
    token = make_token(purpose, hub_id=draft.hub_id, subject_id=draft.pk)

    assert [client.get(url).status_code for url in pages(token)] == [404] * len(pages(token))


def test_a_draft_link_does_not_open_the_confirmation(client: Client, window: RecruitmentWindow) -> None:
    sent = factories.make_expression(window)

    assert client.get(reverse("expression_sent", args=[token_of(sent)])).status_code == 404


def test_a_genuine_link_of_one_hub_does_not_open_another_hubs_draft(
    client: Client, window: RecruitmentWindow, other_hub: Hub
) -> None:
    draft = factories.make_draft(window)
    token = make_token("expression-draft", hub_id=other_hub.pk, subject_id=draft.pk)

    assert [client.get(url).status_code for url in pages(token)] == [404] * len(pages(token))


def test_a_link_of_a_hub_that_never_was_opens_nothing(client: Client, window: RecruitmentWindow) -> None:
    token = make_token("expression-draft", hub_id=10**6, subject_id=1)

    assert client.get(pages(token)[0]).status_code == 404


def test_the_link_of_a_draft_that_was_removed_opens_nothing(client: Client, window: RecruitmentWindow) -> None:
    token = make_token("expression-draft", hub_id=window.hub_id, subject_id=10**9)

    assert client.get(pages(token)[0]).status_code == 404


@pytest.fixture
def made_long_ago(monkeypatch: pytest.MonkeyPatch) -> Callable[[Purpose, int, int], str]:
    """Makes a token whose time has just passed."""

    def make(purpose: Purpose, hub_id: int, subject_id: int) -> str:
        then = (timezone.now() - LIFETIMES[purpose] - dt.timedelta(minutes=1)).timestamp()
        with monkeypatch.context() as patched:
            patched.setattr("django.core.signing.time.time", lambda: then)
            return make_token(purpose, hub_id=hub_id, subject_id=subject_id)

    return make


def test_an_expired_link_says_what_to_do(
    client: Client, window: RecruitmentWindow, made_long_ago: Callable[[Purpose, int, int], str]
) -> None:
    draft = factories.make_draft(window)
    token = made_long_ago("expression-draft", draft.hub_id, draft.pk)

    for url in pages(token):
        response = client.get(url)
        assert response.status_code == 410
        assert "Please start a new expression of interest" in response.content.decode()
        assert reverse("hub_public", args=[window.hub.slug]) in response.content.decode()


def test_an_expired_confirmation_says_whom_to_ask(
    client: Client, window: RecruitmentWindow, made_long_ago: Callable[[Purpose, int, int], str]
) -> None:
    sent = factories.make_expression(window)

    response = client.get(
        reverse("expression_sent", args=[made_long_ago("expression-confirmation", sent.hub_id, sent.pk)])
    )

    assert response.status_code == 410
    assert window.hub.contact_email in response.content.decode()


@pytest.mark.parametrize("method", ["get", "post"])
def test_after_sending_every_link_of_the_draft_leads_to_the_confirmation(
    client: Client, window: RecruitmentWindow, method: str
) -> None:
    sent = factories.make_expression(window)

    for url in pages(token_of(sent)):
        response = getattr(client, method)(url, ANSWERS["contact"] if method == "post" else {})
        assert response.status_code == 302
        assert response.headers["Location"].startswith("/expression-sent/")
    assert reload(sent).contact_name == "Cleo Contact"


def test_pages_with_a_link_are_kept_by_no_cache(client: Client, window: RecruitmentWindow) -> None:
    draft = factories.make_draft(window)

    for step in STEPS:
        assert "no-store" in client.get(page_of(draft, step)).headers["Cache-Control"]


# --- Continue where you stopped --------------------------------------------------------------


def test_the_browser_remembers_the_draft(client: Client, window: RecruitmentWindow) -> None:
    response = client.post(school_url(window.hub), {"urn": factories.make_school().urn})

    cookie = response.cookies[CONTINUE_COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    page = client.get(begin_url(window.hub))
    assert "Continue where you stopped" in page.content.decode()
    assert step_of(client.get(page.context["continue_url"]).headers["Location"]) == "contact"


@pytest.mark.parametrize(
    "value", ["", "x", "1.2~3~4", "expired", "another hub's", "another stage's", "sent"], ids=str
)
def test_a_cookie_that_leads_nowhere_is_ignored(
    client: Client,
    window: RecruitmentWindow,
    other_hub: Hub,
    made_long_ago: Callable[[Purpose, int, int], str],
    value: str,
) -> None:
    match value:
        case "expired":
            draft = factories.make_draft(window)
            value = made_long_ago("expression-draft", draft.hub_id, draft.pk)
        case "another hub's":
            value = token_of(factories.make_draft(factories.make_window(other_hub)))
        case "another stage's":
            value = token_of(factories.make_draft(factories.make_window(window.hub, stage="primary-readiness")))
        case "sent":
            value = token_of(factories.make_expression(window))
    client.cookies[CONTINUE_COOKIE] = value

    page = client.get(begin_url(window.hub))

    assert page.status_code == 200
    assert "Continue where you stopped" not in page.content.decode()


def test_after_sending_the_browser_forgets_the_draft(client: Client, window: RecruitmentWindow) -> None:
    draft = factories.make_draft(window)
    client.cookies[CONTINUE_COOKIE] = token_of(draft)

    follow(client, client.post(page_of(draft, "check")))

    assert client.cookies[CONTINUE_COOKIE].value == ""


def test_reading_an_old_confirmation_leaves_a_new_draft_remembered(client: Client, window: RecruitmentWindow) -> None:
    old = factories.make_expression(window)
    token = token_of(factories.make_draft(window))
    client.cookies[CONTINUE_COOKIE] = token

    link = make_token("expression-confirmation", hub_id=old.hub_id, subject_id=old.pk)
    assert client.get(reverse("expression_sent", args=[link])).status_code == 200

    assert client.cookies[CONTINUE_COOKIE].value == token


# --- Sending ---------------------------------------------------------------------------------


def test_a_double_click_on_send_makes_one(client: Client, window: RecruitmentWindow) -> None:
    draft = factories.make_draft(window)

    ends = [unquote(follow(client, client.post(page_of(draft, "check")))) for _ in range(2)]

    assert all(end.startswith("/expression-sent/") for end in ends)
    expressions, messages = everything(window.hub)
    assert len(expressions) == 1
    assert len(messages) == 2


def test_the_second_one_of_a_school_is_told_without_showing_the_first(
    client: Client, window: RecruitmentWindow
) -> None:
    school = factories.make_school()
    first = factories.make_expression(window, school, contact_name="Secret Sender", contact_email="secret@x.example")
    draft = factories.make_draft(window, school)

    response = client.post(page_of(draft, "check"))

    assert response.status_code == 409
    page = response.content.decode()
    assert "Your school has expressed its interest already" in page
    for secret in ("Secret Sender", "secret@x.example", str(first.reference)):
        assert secret not in page
    assert window.hub.contact_email in page
    assert reload(draft).state == State.DRAFT


def test_when_the_window_has_closed_meanwhile_the_answers_are_kept(client: Client, window: RecruitmentWindow) -> None:
    draft = factories.make_draft(window)
    move(window, closes_at=-0.01)

    for response in (client.get(page_of(draft, "check")), client.post(page_of(draft, "check"))):
        page = response.content.decode()
        assert response.status_code == 200
        assert "Your answers are kept" in page
        assert "Theo" not in page
        assert "Cleo Contact" in page
    assert reload(draft).state == State.DRAFT

    move(window, closes_at=7)
    follow(client, client.post(page_of(draft, "check")))
    assert reload(draft).state == State.SUBMITTED


def test_answers_can_still_be_given_after_the_window_has_closed(client: Client, window: RecruitmentWindow) -> None:
    draft = factories.make_draft(window)
    move(window, closes_at=-0.01)

    client.post(page_of(draft, "contact"), ANSWERS["contact"])

    assert reload(draft).contact_name == "Cora Contact"


def test_a_late_one_says_that_it_is_late(client: Client, window: RecruitmentWindow) -> None:
    draft = factories.make_draft(window)
    move(window, closes_at=-1, late_until=1)

    page = client.get(follow(client, client.post(page_of(draft, "check")))).content.decode()

    assert "after the deadline" in page
    assert reload(draft).is_late


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ({"opens_at": 2, "closes_at": 9}, "You can start on"),
        ({"opens_at": -9, "closes_at": -2}, "not accepted any more"),
    ],
)
def test_a_stage_that_is_not_open_says_so_and_cannot_be_started(
    client: Client, window: RecruitmentWindow, days: dict[str, float], said: str
) -> None:
    move(window, **days)

    page = client.get(begin_url(window.hub)).content.decode()
    assert said in page
    assert school_url(window.hub) not in page
    response = client.post(school_url(window.hub), {"urn": factories.make_school().urn})
    assert response.headers["Location"] == begin_url(window.hub)
    assert everything(window.hub)[0] == []


@pytest.mark.parametrize("slug", ["primary-readiness", "nonsense"])
def test_a_stage_that_the_hub_does_not_recruit_for_is_not_there(
    client: Client, window: RecruitmentWindow, slug: str
) -> None:
    assert client.get(begin_url(window.hub, slug)).status_code == 404
    assert client.get(school_url(window.hub, slug)).status_code == 404


@pytest.mark.parametrize("state", [State.SUBMITTED, State.OFFERED, State.DECLINED])
def test_the_confirmation_says_where_it_stands(client: Client, window: RecruitmentWindow, state: State) -> None:
    sent = factories.make_expression(window, state=state)
    link = make_token("expression-confirmation", hub_id=sent.hub_id, subject_id=sent.pk)

    page = client.get(reverse("expression_sent", args=[link])).content.decode()

    said = {
        State.SUBMITTED: "will read it and write to you",
        State.OFFERED: "has offered your school a place",
        State.DECLINED: "could not offer your school a place",
    }
    assert [words in page for words in said.values()] == [one == state for one in said]


def test_a_hub_without_recruitment_says_so(client: Client, hub: Hub) -> None:
    assert "No stage is open at the moment" in client.get(reverse("hub_public", args=[hub.slug])).content.decode()


# --- How many queries ------------------------------------------------------------------------


def with_real_transactions() -> tuple[Hub, ExpressionOfInterest]:
    hub = factories.make_hub("northvale")
    return hub, factories.make_draft(factories.make_window(hub))


def queries_of(work: Callable[[], Any]) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        work()
    return [query["sql"] for query in captured.captured_queries]


@pytest.mark.django_db(transaction=True)
def test_sending_takes_at_most_fifteen_queries_savepoints_and_all(client: Client) -> None:
    _, draft = with_real_transactions()

    sql = queries_of(lambda: client.post(page_of(draft, "check")))

    assert reload(draft).state == State.SUBMITTED
    assert "COMMIT" in sql
    assert len(sql) <= 15, "\n".join(sql)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.django_db(transaction=True)
def test_a_form_page_takes_at_most_five_queries(client: Client, step: str) -> None:
    _, draft = with_real_transactions()

    sql = queries_of(lambda: client.get(page_of(draft, step)))

    assert len([one for one in sql if one not in ("BEGIN", "COMMIT")]) <= 5, "\n".join(sql)


@pytest.mark.django_db(transaction=True)
def test_the_pages_before_the_draft_take_at_most_five_queries(client: Client) -> None:
    hub, _ = with_real_transactions()

    urls = (reverse("hub_public", args=[hub.slug]), begin_url(hub), school_url(hub), f"{school_url(hub)}?q=ash+lane")
    for url in urls:
        sql = queries_of(partial(client.get, url))
        assert len([one for one in sql if one not in ("BEGIN", "COMMIT")]) <= 5, "\n".join([url, *sql])


def test_signed_in_people_may_apply_as_well(client_of: Callable[[User], Client], window: RecruitmentWindow,
                                            administrator: User) -> None:  # fmt: skip
    draft = factories.make_draft(window)

    assert client_of(administrator).get(page_of(draft, "check")).status_code == 200
