"""What the tests of the console's pages share."""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Callable
from typing import Any

from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from correspondence.models import Message
from hubs import tenancy
from hubs.models import Hub, User
from programmes import accepting
from programmes.models import Decision, ExpressionOfInterest, OfferAnswer

ClientOf = Callable[[User], Client]
REASON = "All places are taken.\r\n\r\nPlease apply again in spring: “we” keep <you> in mind."


def an_offer(words: str = "", days: int = 14) -> dict[str, str]:
    """What is typed to offer a place that is to be answered in so many days."""
    answer_by = timezone.localdate() + dt.timedelta(days=days)
    parts = {"day": answer_by.day, "month": answer_by.month, "year": answer_by.year}
    return {"words": words, **{f"answer_by_{part}": str(value) for part, value in parts.items()}}


def answer(expression: ExpressionOfInterest, *, accepts: bool) -> OfferAnswer:
    """What a deputy with a strange name answers to an offer."""
    who: dict[str, Any] = {"expression": expression, "name": "Dee <Deputy>", "role": "Deputy", "now": timezone.now()}
    with tenancy.use(expression.hub_id):
        return accepting.accept_offer(**who) if accepts else accepting.turn_down_offer(**who, reason="No <time>.")


def url(name: str, expression: ExpressionOfInterest) -> str:
    """The address of a page about one expression."""
    return reverse(name, args=[expression.hub.slug, expression.reference])


def list_url(hub: Hub, query: str = "") -> str:
    """The address of the list."""
    return reverse("expression_list", args=[hub.slug]) + (f"?{query}" if query else "")


def said(response: Any) -> list[str]:
    """The messages that the next page shows."""
    return [str(message) for message in get_messages(response.wsgi_request)]


def written(expression: ExpressionOfInterest) -> tuple[int, int]:
    """How many decisions and letters there are."""
    with tenancy.use(expression.hub_id):
        return Decision.objects.count(), Message.objects.about(expression).count()


def queries_of(browser: Client, address: str) -> int:
    """How many queries a page takes when its caches are warm."""
    browser.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(address).status_code == 200
    return len([query for query in captured.captured_queries if query["sql"] not in ("BEGIN", "COMMIT")])


def link(response: Any, words: str, *, last: bool = True) -> str:
    """Where the link with these words leads: the first on the page, or the last."""
    found = re.findall(r'<a\b[^>]*href="([^"]*)"[^>]*>\s*([^<]*?)\s*</a>', response.content.decode())
    addresses = [html.unescape(address) for address, text in found if html.unescape(text) == words]
    return addresses[-1 if last else 0]
