from __future__ import annotations

import datetime as dt

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar

from hubs import tenancy
from hubs.models import Hub, User
from tests import work
from tests.workgroups.views.pages import ClientOf, said, text_of
from workgroups.feeds import live_feed_of, url_of
from workgroups.models import CalendarFeed, MasterySpecialist, Meeting, WorkGroup


@pytest.fixture
def group(hub: Hub, specialist: User) -> WorkGroup:
    return work.make_group(hub, "Ashby", specialist=work.make_specialist(hub, user=specialist))


@pytest.fixture
def console(specialist: User, client_of: ClientOf) -> Client:
    """The browser of the group's Specialist."""
    return client_of(specialist)


def address_of(of: WorkGroup | MasterySpecialist) -> str:
    """Where a calendar program asks."""
    with tenancy.use(of.hub):
        feed = live_feed_of(of)
        assert feed
        return url_of(feed).removeprefix(settings.PUBLIC_URL)


def page_of(of: WorkGroup | MasterySpecialist) -> str:
    name = "group_calendar" if isinstance(of, WorkGroup) else "specialist_calendar"
    return reverse(name, args=[of.hub.slug, of.pk])


@pytest.mark.parametrize("whose", ["group", "specialist"])
def test_an_address_is_opened_read_and_ended(console: Client, group: WorkGroup, whose: str) -> None:
    of: WorkGroup | MasterySpecialist = group if whose == "group" else group.specialist
    work.make_meeting(group)
    assert "Open an address for this calendar" in text_of(console.get(page_of(of)))

    opened = console.post(page_of(of), {"do": "open"})

    assert said(opened) == ["The calendar has an address. Put it into your calendar program."]
    address = address_of(of)
    page = console.get(page_of(of)).text
    assert f'value="{settings.PUBLIC_URL}{address}"' in page
    assert "webcal://" in page
    for program in ("Outlook", "Google", "Apple"):
        assert program in page
    read = Client().get(address)
    assert read["Content-Type"] == "text/calendar; charset=utf-8"
    assert [event["SUMMARY"] for event in Calendar.from_ical(read.content).walk("VEVENT")] == ["TRG meeting: Ashby"]

    console.post(page_of(of), {"do": "end"})

    gone = Client().get(address)
    assert gone.status_code == 410
    assert "This address of a calendar was ended" in text_of(gone)
    assert "Ashby" not in gone.text
    again = console.post(page_of(of), {"do": "end"})
    assert again.status_code == 302
    with tenancy.use(group.hub):
        assert CalendarFeed.objects.count() == 1


def test_a_program_that_has_read_it_already_is_told_nothing_new(console: Client, group: WorkGroup) -> None:
    meeting = work.make_meeting(group)
    console.post(page_of(group))
    address = address_of(group)
    first = Client().get(address)
    etag, changed = first["ETag"], first["Last-Modified"]

    assert Client().get(address, headers={"if-none-match": etag}).status_code == 304
    assert Client().get(address, headers={"if-modified-since": changed}).status_code == 304
    head = Client().head(address)
    assert (head.status_code, head["ETag"], head.content) == (200, etag, b"")

    with tenancy.use(group.hub):
        later = timezone.now() + dt.timedelta(hours=1)
        Meeting.objects.filter(pk=meeting.pk).update(venue="Library", sequence=1, changed_at=later)
    for headers in ({"if-none-match": etag}, {"if-modified-since": changed}):
        read = Client().get(address, headers=headers)
        assert read.status_code == 200
        assert b"Library" in read.content


def test_nobody_keeps_it_for_others(console: Client, group: WorkGroup) -> None:
    console.post(page_of(group))
    assert "private" in Client().get(address_of(group))["Cache-Control"]


def test_who_has_left_the_hub_reads_it_no_more(console: Client, group: WorkGroup) -> None:
    console.post(page_of(group.specialist))
    address = address_of(group.specialist)
    with tenancy.use(group.hub):
        MasterySpecialist.objects.filter(pk=group.specialist_id).update(ends_on=timezone.localdate())
    assert Client().get(address).status_code == 410


def test_looking_at_the_page_opens_no_address(console: Client, group: WorkGroup) -> None:
    console.get(page_of(group))
    with tenancy.use(group.hub):
        assert not CalendarFeed.objects.exists()


def test_another_specialist_s_calendars_are_not_there(group: WorkGroup, hub: Hub, console: Client) -> None:
    other = work.make_group(hub, "Mill Road")
    for of in (other, other.specialist):
        assert console.get(page_of(of)).status_code == 404
        assert console.post(page_of(of), {"do": "open"}).status_code == 404
    with tenancy.use(hub):
        assert not CalendarFeed.objects.exists()
