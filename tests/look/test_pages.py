from __future__ import annotations

import pytest
from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message
from django.core.paginator import Paginator
from django.db import connection
from django.http import Http404
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.views import defaults

from hubs.models import Hub
from tests.look.every_control import EveryControl
from tests.look.page import Page

PUBLIC = [
    "/",
    "/accessibility/",
    "/cookies/",
    "/accounts/login/",
    "/accounts/login/code/",
    "/accounts/password/reset/",
    "/accounts/signup/",
]


def test_the_page_for_our_own_faults_needs_neither_request_nor_database() -> None:
    # No database is open to this test: a query would fail it.
    response = defaults.server_error(RequestFactory().get("/"))
    page = Page(response.content.decode())
    assert page.all("h1")[0].text == "Something went wrong"
    assert not connection.in_atomic_block


@pytest.mark.parametrize("name", ["400", "403", "404", "410", "429"])
def test_every_error_page_says_what_to_do_next(name: str, db: None) -> None:
    page = Page(render_to_string(f"{name}.html", request=None))
    (main,) = page.all("main")
    assert page.all("h1")
    assert [link for link in page.all("a", class_="govuk-link") if link.text in main.text]


def test_a_page_that_is_not_there_looks_like_the_others(client: Client, db: None) -> None:
    response = client.get("/no/such/page/")
    assert response.status_code == 404
    assert Page(response.content.decode()).all("h1")[0].text == "Page not found"
    assert "Page not found" in defaults.page_not_found(RequestFactory().get("/"), Http404()).content.decode()


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/accessibility/",
        "/cookies/",
        "/accounts/login/",
        "/accounts/login/code/",
        "/accounts/password/reset/",
        "/accounts/signup/",
    ],
)
def test_every_public_page_has_one_heading_a_title_a_skip_link_and_the_statements(
    address: str, client: Client, hub: Hub
) -> None:
    response = client.get(address)
    assert response.status_code == 200
    page = Page(response.content.decode())
    assert len(page.all("h1")) == 1
    assert page.all("title")[0].text.endswith(" - Maths Hubs")
    assert page.all("html")[0].attributes["lang"] == "en-GB"
    assert page.all("a", class_="govuk-skip-link")[0].attributes["href"] == "#main-content"
    assert page.by_id("main-content").tag == "main"
    assert {link.text for link in page.all("a", class_="app-footer__link")} == {"Accessibility statement", "Cookies"}


def test_the_privacy_notice_names_the_law_and_the_hubs_address(client: Client, hub: Hub) -> None:
    text = " ".join(client.get(f"/hub/{hub.slug}/privacy/").content.decode().split())
    assert "Article 6(1)(e)" in text
    assert "Information Commissioner" in text
    assert hub.privacy_contact_email in text
    assert f"Version {hub.privacy_version}." in text
    assert "is the processor" in text


def test_the_privacy_notice_follows_the_hubs_role(client: Client, hub: Hub) -> None:
    Hub.objects.filter(pk=hub.pk).update(privacy_role=Hub.PrivacyRole.CONTROLLER)
    text = client.get(f"/hub/{hub.slug}/privacy/").content.decode()
    assert "is the processor" not in text


def test_a_hubs_page_has_the_hubs_name_colour_and_notice(client: Client, hub: Hub) -> None:
    page = Page(client.get(f"/hub/{hub.slug}/privacy/").content.decode())
    assert page.all("a", class_="govuk-generic-header__homepage-link")[0].text == hub.name
    assert [link for link in page.all("link") if link.attributes["href"].startswith(f"/hub/{hub.slug}/colour.css?v=")]
    assert page.all("a", href=f"/hub/{hub.slug}/privacy/")


def test_a_page_in_error_says_so_in_its_title_and_once_above_its_heading() -> None:
    source = Template(
        '{% extends "layouts/public.html" %}{% load crispy_forms_tags %}{% block title %}Your school{% endblock %}'
        "{% block content %}<h1>Your school</h1>{% crispy form %}{% endblock %}"
    )
    html = source.render(Context({"form": EveryControl(data={})}))
    page = Page(html)
    assert page.all("title")[0].text == "Error: Your school - Maths Hubs"
    assert len(page.all("div", class_="govuk-error-summary")) == 1
    assert html.index("govuk-error-summary") < html.index("<h1>")


@pytest.mark.parametrize(
    ("level", "role", "title"),
    [
        (constants.SUCCESS, "alert", "Done"),
        (constants.ERROR, "alert", "There is a problem"),
        (constants.INFO, "region", "Important"),
    ],
)
def test_what_happened_is_said_in_a_banner_with_the_right_role(level: int, role: str, title: str) -> None:
    page = Page(render_to_string("components/messages.html", {"messages": [Message(level, "<b>It is</b> on its way")]}))
    (banner,) = page.all("div", class_="govuk-notification-banner")
    assert banner.attributes["role"] == role
    assert page.by_id(banner.attributes["aria-labelledby"]).text.strip() == title
    assert page.all("p")[0].text == "<b>It is</b> on its way"


def test_several_things_that_happened_at_once_share_one_banner() -> None:
    done = [Message(constants.SUCCESS, "The passkey is added."), Message(constants.SUCCESS, "You have new codes.")]
    page = Page(render_to_string("components/messages.html", {"messages": done}))
    assert len(page.all("div", class_="govuk-notification-banner")) == 1
    assert [line.text for line in page.all("p")] == ["The passkey is added.", "You have new codes."]


def test_going_to_another_page_keeps_the_filters() -> None:
    request = RequestFactory().get("/", {"q": "ash", "stage": ["a", "b"], "page": "2"})
    page = Page(
        render_to_string("components/pagination.html", {"page": Paginator(range(100), 10).page(2), "request": request})
    )
    (following,) = page.all("a", rel="next")
    assert following.attributes["href"] == "?q=ash&stage=a&stage=b&page=3"
    (current,) = page.all("a", aria_current="page")
    assert current.text == "2"


def test_a_list_of_one_page_has_no_pages_to_go_to() -> None:
    assert not render_to_string("components/pagination.html", {"page": Paginator([1], 10).page(1)}).strip()


def test_facts_can_have_several_lines_none_and_a_change_link_that_says_what_it_changes() -> None:
    page = Page(
        render_to_string(
            "components/summary_list.html",
            {
                "rows": [
                    {"key": "Head", "value": "Pat <Green>", "change_url": "/change", "change_what": "the head"},
                    {"key": "Address", "lines": ["1 Road", "Town"]},
                    {"key": "TRN", "value": ""},
                    {"key": "Pupils", "value": 0},
                ]
            },
        )
    )
    values = [value.text.strip() for value in page.all("dd", class_="govuk-summary-list__value")]
    assert values == ["Pat <Green>", "1 RoadTown", "Not given", "0"]
    assert [link.text for link in page.all("a")] == ["Change the head"]
