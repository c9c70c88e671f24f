from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from hubs.links import LIFETIMES, Purpose, make_token
from hubs.models import Hub
from programmes import applying
from programmes.models import ExpressionOfInterest, RecruitmentWindow
from programmes.views.applying import CONTINUE_COOKIE
from tests import factories
from tests.programmes.conftest import reload
from tests.programmes.views.journey import (
    ANSWERS,
    STEPS,
    begin_url,
    follow,
    page_of,
    school_url,
    step_of,
    token_of,
)

# --- Links -----------------------------------------------------------------------------------


def pages(token: str) -> list[str]:
    return [reverse("expression_continue", args=[token]), *(reverse("expression_step", args=[token, s]) for s in STEPS)]


def answerable(url: str) -> str:
    """The page itself, or the first question for the one that only leads to a question."""
    return f"{url}contact/" if url.count("/") == 3 else url


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

    for url in pages(token):
        for response in (client.get(url), client.post(answerable(url), ANSWERS["contact"])):
            assert response.status_code == 410
            assert "Cleo Contact" not in response.content.decode()
    assert reload(draft).contact_name == "Cleo Contact"


def test_a_link_of_a_hub_that_never_was_opens_nothing(client: Client, window: RecruitmentWindow) -> None:
    token = make_token("expression-draft", hub_id=10**6, subject_id=1)

    assert client.get(pages(token)[0]).status_code == 404


@pytest.mark.parametrize("method", ["get", "post"])
def test_the_link_of_a_draft_that_was_removed_says_what_to_do(
    client: Client, window: RecruitmentWindow, method: str
) -> None:
    token = make_token("expression-draft", hub_id=window.hub_id, subject_id=10**9)

    for url in pages(token):
        response = client.get(url) if method == "get" else client.post(answerable(url))
        assert response.status_code == 410
        assert "Please start a new expression of interest" in response.content.decode()


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
        response = client.get(url) if method == "get" else client.post(answerable(url), ANSWERS["contact"])
        assert response.status_code == 302
        assert response.headers["Location"].startswith("/expression-sent/")
    assert reload(sent).contact_name == "Cleo Contact"


def test_pages_with_a_link_are_kept_by_no_cache_but_the_browsers_own(client: Client, window: RecruitmentWindow) -> None:
    draft = factories.make_draft(window)

    for step in STEPS:
        directives = set(client.get(page_of(draft, step)).headers["Cache-Control"].split(", "))
        # "no-store" would cost "Back" to a form in error.
        assert directives == {"private", "no-cache"}


# --- Continue where you stopped --------------------------------------------------------------


def test_the_browser_remembers_the_draft(client: Client, window: RecruitmentWindow) -> None:
    response = client.post(school_url(window.hub), {"urn": factories.make_school().urn})

    cookie = response.cookies[CONTINUE_COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    page = client.get(begin_url(window.hub))
    assert "Continue where you stopped" in page.content.decode()
    assert step_of(client.get(page.context["continue_url"]).headers["Location"]) == "contact"


@pytest.mark.parametrize("value", ["", "x", "1.2~3~4", "expired", "another hub's", "another stage's", "sent"], ids=str)
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


def test_the_hubs_page_offers_to_continue_as_well(client: Client, window: RecruitmentWindow) -> None:
    page = reverse("hub_public", args=[window.hub.slug])
    client.cookies[CONTINUE_COOKIE] = token_of(factories.make_expression(window))
    assert "Continue where you stopped" not in client.get(page).content.decode()

    client.cookies[CONTINUE_COOKIE] = token_of(factories.make_draft(window))

    response = client.get(page)
    assert "Continue where you stopped" in response.content.decode()
    assert step_of(client.get(response.context["continue_url"]).headers["Location"]) == "check"


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


def test_a_draft_that_is_removed_while_an_answer_is_sent_is_gone(
    client: Client, window: RecruitmentWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = factories.make_draft(window)
    locked = applying._locked

    def removed(expression: ExpressionOfInterest) -> ExpressionOfInterest:
        ExpressionOfInterest.objects.filter(pk=expression.pk).delete()
        return locked(expression)

    monkeypatch.setattr(applying, "_locked", removed)

    response = client.post(page_of(draft, "headteacher"), {"name": "Jo Able", "email": "jo@ashlane.example"})

    assert response.status_code == 410
