"""Whatever is typed into an address or sent with it: a page, a refusal, never a failure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.test import Client
from django.urls.converters import IntConverter

from hubs.models import Hub, NationalRole, User
from tests.hubs.test_access import ARGUMENTS, OURS, World, make_world

pytestmark = pytest.mark.django_db(databases=["default", "national"])
ClientOf = Callable[[User], Client]
# Beyond what a column, a date and Python's own reading of numbers can hold.
NUMBERS = ["0", "9999", "99999", str(2**31), str(2**63), "9" * 30, "9" * 5000]
# The last one is no UTF-8.
WORDS = ["\x00", "a\x00b", "\ud7ff\uffff", "٣", "%", "'", "..", "x" * 5000, "\udcff"]
# What pages ask for after the question mark, and in forms.
NAMES = [
    *("answer", "authority", "code", "doubt", "ends_1_year", "from", "hub", "meals", "name", "outcome", "page"),
    *("phase", "q", "reason", "seen", "shown", "sort", "stage", "starts_1_day", "state", "status", "took_part"),
    *("trust", "urn", "via", "year"),
]
SENT = ["0", "9999", "9" * 30, "9" * 5000, "\x00", "٣", "\udcff"]
FORM = "application/x-www-form-urlencoded"


def parts_of(name: str) -> dict[str, Any]:
    """The parts of a page's address, with what reads each."""
    return OURS[name][1].pattern.converters


def address(world: World, name: str, **odd: str) -> str:
    """The address of a page as somebody types it, with odd values in place of some."""
    known = {"hub_slug": world.hub.slug, **ARGUMENTS[name](world)}
    values = {part: quote(str(value), safe="", errors="surrogateescape") for part, value in {**known, **odd}.items()}
    return "/" + re.sub(r"<\w+:(\w+)>", lambda match: values[match[1]], OURS[name][0])


def odd_addresses(world: World, name: str) -> Iterator[str]:
    """The address of a page with each of its parts odd in turn."""
    for part, converter in parts_of(name).items():
        for value in NUMBERS if isinstance(converter, IntConverter) else WORDS:
            yield address(world, name, **{part: value})


@pytest.fixture
def console(hub: Hub, administrator: User, client_of: ClientOf) -> Client:
    NationalRole.objects.create(user=administrator)
    return client_of(administrator)


@pytest.fixture
def world(hub: Hub, administrator: User) -> World:
    return make_world(hub, administrator)


@pytest.mark.parametrize("name", [name for name in ARGUMENTS if parts_of(name).keys() - {"hub_slug"}])
def test_an_odd_part_of_an_address_is_no_failure(world: World, console: Client, name: str) -> None:
    for odd in odd_addresses(world, name):
        for ask in (console.get, console.post):
            assert ask(odd).status_code < 500, odd[:200]


@pytest.mark.parametrize("name", [name for name in ARGUMENTS if name != "ready"])
def test_odd_values_after_the_question_mark_and_in_a_form_are_no_failure(
    world: World, console: Client, name: str
) -> None:
    plain = address(world, name)
    for value in SENT:
        sent = urlencode(dict.fromkeys(NAMES, value), errors="surrogateescape")
        assert console.get(f"{plain}?{sent}").status_code < 500, value[:50]
        assert console.post(plain, sent, content_type=FORM).status_code < 500, value[:50]
