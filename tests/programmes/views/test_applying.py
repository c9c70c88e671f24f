from __future__ import annotations

import html
import re

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from programmes.models import RecruitmentWindow, State
from tests import factories
from tests.programmes.conftest import reload
from tests.programmes.views.journey import (
    ANSWERS,
    STEPS,
    all_ticked,
    answers_for,
    begin_url,
    everything,
    follow,
    page_of,
    school_url,
    step_of,
    text_of,
)

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


# --- How often ------------------------------------------------------------------------------


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


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"name": "teacher  1."}, "Enter a different teacher: Teacher 1 is the first lead teacher"),
        (
            {"email": "TEACHER1@school.example"},
            "Enter a different e-mail address: this one is Teacher 1's, who is the first lead teacher",
        ),
    ],
)
def test_the_first_lead_teacher_is_not_the_second_as_well(
    client: Client, window: RecruitmentWindow, typed: dict[str, str], message: str
) -> None:
    draft = factories.make_draft(window)

    response = client.post(page_of(draft, "lead-teacher-2"), {**ANSWERS["lead-teacher-2"], **typed})

    assert message in text_of(response)


def test_a_missing_tick_leads_to_its_box(client: Client, window: RecruitmentWindow) -> None:
    ticks = all_ticked()
    del ticks["promise_2"]

    page = client.post(page_of(factories.make_draft(window), "promises"), ticks).content.decode()

    assert '<a href="#id_promise_2">Tick promise 2</a>' in page
    assert re.search(r'<input[^>]*id="id_promise_2"', page)


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
