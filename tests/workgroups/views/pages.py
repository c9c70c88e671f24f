"""What the tests of the console's pages on Work Groups share: a Specialist with a group, and her browser."""

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

from hubs import tenancy
from hubs.models import User
from tests import factories, work
from workgroups.models import Meeting, Participant, Place, WorkGroup

ClientOf = Callable[[User], Client]


def join(group: WorkGroup, name: str = "Ash Lane Primary School") -> Place:
    """A school that has been in the group for two months."""
    accepted_at = timezone.now() - dt.timedelta(days=60)
    return work.make_place(group.hub, factories.make_school(name), group=group, accepted_at=accepted_at)


def past(days: int = 3) -> dt.datetime:
    """Half past one, some days ago."""
    day = timezone.localdate() - dt.timedelta(days=days)
    return dt.datetime.combine(day, dt.time(13, 30), work.LONDON)


def url(name: str, record: Meeting | WorkGroup) -> str:
    """The address of a page about a meeting or a group."""
    return reverse(name, args=[record.hub.slug, record.pk])


def said(response: Any) -> list[str]:
    """The messages that the next page shows."""
    return [str(message) for message in get_messages(response.wsgi_request)]


def levels(response: Any) -> list[str]:
    """As what these messages are shown: "success" is headed "Done"."""
    return [message.level_tag for message in get_messages(response.wsgi_request)]


def text_of(response: Any) -> str:
    """A page as it is read: without tags, each run of white space one space."""
    body = re.sub(r"<script.*?</script>|<[^>]+>", " ", response.content.decode(), flags=re.DOTALL)
    return " ".join(html.unescape(body).split())


def queries_of(browser: Client, address: str) -> int:
    """How many queries a page takes when its caches are warm."""
    browser.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(address).status_code == 200
    return len([query for query in captured.captured_queries if query["sql"] not in ("BEGIN", "COMMIT")])


def teachers_of(place: Place) -> list[Participant]:
    """The two lead teachers of a place."""
    with tenancy.use(place.hub_id):
        return list(place.participants.order_by("position"))


def day_boxes(name: str, day: dt.date) -> dict[str, str]:
    """A date as it is typed into its three boxes."""
    return {f"{name}_day": str(day.day), f"{name}_month": str(day.month), f"{name}_year": str(day.year)}
