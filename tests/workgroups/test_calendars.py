from __future__ import annotations

import datetime as dt
from dataclasses import replace
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar, Event

from hubs import tenancy
from hubs.models import Hub, Membership, User
from hubs.moments import LONDON, london
from tests import factories, work
from tests.workgroups.meetings import TUESDAY, held, make_group, make_member_school, planned
from workgroups.calendars import _LONDON, _plain, calendar_of_group, calendar_of_specialist
from workgroups.models import InternalNote, Meeting, WorkGroup
from workgroups.planning import cancel_meeting, change_meeting, details_of

TODAY = dt.date(2026, 11, 21)


@pytest.fixture
def group(hub: Hub, specialist: User) -> WorkGroup:
    return make_group(hub, led_by=specialist)


@pytest.fixture
def leader(specialist: User, hub: Hub) -> Membership:
    return factories.membership_of(specialist, hub)


def parsed(body: bytes) -> Calendar:
    calendar = Calendar.from_ical(body)
    assert isinstance(calendar, Calendar)
    assert not calendar.errors
    return calendar


def events_of_group(group: WorkGroup) -> list[Event]:
    with tenancy.use(group.hub):
        return list(parsed(calendar_of_group(group, today=TODAY).body).walk("VEVENT"))


def events_of_specialist(group: WorkGroup) -> list[Event]:
    with tenancy.use(group.hub):
        return list(parsed(calendar_of_specialist(group.specialist, today=TODAY).body).walk("VEVENT"))


def test_a_calendar_says_what_it_is_and_how_often_to_ask(group: WorkGroup) -> None:
    with tenancy.use(group.hub):
        calendar = parsed(calendar_of_group(group, today=TODAY).body)
    assert calendar["PRODID"] == "-//Maths Hubs//hubadmin//EN"
    assert calendar["VERSION"] == "2.0"
    assert calendar["X-WR-CALNAME"] == "Ashby: TRG meetings"
    assert calendar["REFRESH-INTERVAL"].to_ical() == b"PT6H"
    assert calendar["REFRESH-INTERVAL"].params["VALUE"] == "DURATION"
    assert [zone["TZID"] for zone in calendar.walk("VTIMEZONE")] == ["Europe/London"]


def test_an_event_says_when_where_and_what_for(group: WorkGroup, leader: Membership, now: dt.datetime) -> None:
    host = make_member_school(group).school
    meeting = planned(group, leader, now, host_school=host, venue="hall, upstairs", agenda="Subtraction;\nthen tea")
    [event] = events_of_group(group)
    assert event["UID"] == f"{meeting.uuid}@{urlsplit(settings.PUBLIC_URL).hostname}"
    assert event["SUMMARY"] == "TRG meeting: Ashby"
    assert event["LOCATION"] == "Ash Lane Primary School, hall, upstairs, Ashby Marsh, NV1 2AB"
    assert "Agenda:\nSubtraction;\nthen tea" in event["DESCRIPTION"]
    assert (event["STATUS"], event["SEQUENCE"]) == ("CONFIRMED", 0)
    assert event["DTSTART"].dt == TUESDAY
    assert event["DTSTART"].params["TZID"] == "Europe/London"
    assert event["DTEND"].dt - event["DTSTART"].dt == dt.timedelta(hours=3)
    assert event["DTSTAMP"].dt == event["LAST-MODIFIED"].dt == now


def test_a_move_keeps_the_uid_and_raises_the_number(group: WorkGroup, leader: Membership, now: dt.datetime) -> None:
    meeting = planned(group, leader, now)
    [before] = events_of_group(group)
    with tenancy.use(group.hub):
        later = now + dt.timedelta(hours=1)
        details = replace(details_of(meeting), starts_at=TUESDAY + dt.timedelta(days=1))
        change_meeting(meeting=meeting, details=details, actor=leader, now=later)
    [after] = events_of_group(group)
    assert after["UID"] == before["UID"]
    assert (before["SEQUENCE"], after["SEQUENCE"]) == (0, 1)
    assert after["DTSTART"].dt == TUESDAY + dt.timedelta(days=1)
    assert after["LAST-MODIFIED"].dt == later


def test_a_cancelled_meeting_stays_listed_as_cancelled(group: WorkGroup, leader: Membership, now: dt.datetime) -> None:
    meeting = planned(group, leader, now)
    with tenancy.use(group.hub):
        cancel_meeting(meeting=meeting, reason="Snow.", actor=leader, now=now)
    [event] = events_of_group(group)
    assert (event["STATUS"], event["SEQUENCE"], event["TRANSP"]) == ("CANCELLED", 1, "TRANSPARENT")
    assert "Cancelled: Snow." in event["DESCRIPTION"]


def test_one_to_be_confirmed_is_tentative(group: WorkGroup, leader: Membership, now: dt.datetime) -> None:
    planned(group, leader, now, to_be_confirmed=True, venue="")
    [event] = events_of_group(group)
    assert event["STATUS"] == "TENTATIVE"
    assert "LOCATION" not in event
    assert event["DESCRIPTION"].startswith("Still to be confirmed.")


def test_who_joins_online_finds_the_link(group: WorkGroup, leader: Membership, now: dt.datetime) -> None:
    planned(group, leader, now, format="online", venue="", online_link="https://meet.example/a?b=c,d;e")
    [event] = events_of_group(group)
    assert event["LOCATION"] == "Online"
    assert "Join online: https://meet.example/a?b=c,d;e" in event["DESCRIPTION"]


@pytest.mark.parametrize(
    ("day", "hour"),
    [
        (dt.date(2027, 3, 27), 13),
        (dt.date(2027, 3, 28), 12),
        (dt.date(2026, 10, 24), 12),
        (dt.date(2026, 10, 25), 13),
    ],
)
def test_half_past_one_is_half_past_one_on_both_sides_of_a_clock_change(
    group: WorkGroup, leader: Membership, now: dt.datetime, day: dt.date, hour: int
) -> None:
    planned(group, leader, now, starts_at=london(day, dt.time(13, 30)))
    [event] = events_of_group(group)
    assert f"DTSTART;TZID=Europe/London:{day:%Y%m%d}T133000\r\n".encode() in event.to_ical()
    assert event["DTSTART"].dt.astimezone(dt.UTC).hour == hour


@given(st.integers(1997, 2059), st.sampled_from([3, 10]), st.integers(-12, 12))
def test_programs_that_know_no_london_are_told_its_clock(year: int, month: int, quarters: int) -> None:
    last = dt.datetime(year, month, 31, 1, tzinfo=dt.UTC)
    change = last - dt.timedelta(days=(last.weekday() + 1) % 7)
    utc = change + quarters * dt.timedelta(minutes=15)
    zone = parsed(f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{_LONDON}END:VCALENDAR".encode()).walk("VTIMEZONE")[0]
    told = Calendar.from_ical(_LONDON).to_tz(lookup_tzid=False)
    assert zone["TZID"] == "Europe/London"
    assert utc.astimezone(told).utcoffset() == utc.astimezone(ZoneInfo("Europe/London")).utcoffset()


def test_a_specialist_has_her_meetings_and_her_visits_each_with_its_page(
    group: WorkGroup, leader: Membership, now: dt.datetime, hub: Hub
) -> None:
    place = make_member_school(group)
    meeting = planned(group, leader, now)
    visit = work.make_visit(place, starts_at=TUESDAY, shared_note="", sequence=3)
    missed = work.make_visit(place, starts_at=TUESDAY, number=2, state="missed", missed_reason="Ill.")
    work.make_visit(place, starts_at=TUESDAY, number=3, state="missed", missed_reason="None.", was_arranged=False)
    work.make_visit(make_member_school(make_group(hub, name="Mill Road"), "Mill Road"), starts_at=TUESDAY)
    found = {event["UID"].split("@")[0]: event for event in events_of_specialist(group)}
    assert set(found) == {str(one.uuid) for one in (meeting, visit, missed)}
    assert found[str(meeting.uuid)]["URL"].endswith(reverse("meeting", args=[hub.slug, meeting.pk]))
    event = found[str(visit.uuid)]
    assert (event["SUMMARY"], event["SEQUENCE"]) == ("Support visit: Ash Lane Primary School", 3)
    assert event["URL"].endswith(reverse("visit", args=[hub.slug, place.pk, 1, 1]))
    assert found[str(missed.uuid)]["STATUS"] == "CANCELLED"


def test_a_group_s_calendar_leads_to_no_page_that_needs_an_account(
    group: WorkGroup, leader: Membership, now: dt.datetime
) -> None:
    planned(group, leader, now)
    [event] = events_of_group(group)
    assert "URL" not in event


def test_what_only_the_hub_reads_is_in_no_calendar(group: WorkGroup, leader: Membership, now: dt.datetime) -> None:
    place = make_member_school(group)
    held(planned(group, leader, now), leader, TUESDAY, note="ZEBRA one")
    visit = work.make_visit(place, starts_at=TUESDAY)
    with tenancy.use(group.hub):
        InternalNote.objects.create(
            hub=group.hub, visit=visit, text="ZEBRA two", written_by=leader.user, written_at=now
        )
        assert InternalNote.objects.filter(text__contains="ZEBRA").count() == 2
        texts = [
            calendar_of_group(group, today=TODAY).body,
            calendar_of_specialist(group.specialist, today=TODAY).body,
        ]
    assert all(b"TRG meeting" in text and b"ZEBRA" not in text for text in texts)


def test_meetings_of_long_ago_are_left_out(group: WorkGroup) -> None:
    kept = work.make_meeting(group, starts_at=dt.datetime(2025, 9, 1, 9, tzinfo=LONDON))
    work.make_meeting(group, starts_at=dt.datetime(2025, 8, 31, 9, tzinfo=LONDON))
    [event] = events_of_group(group)
    assert event["UID"].startswith(str(kept.uuid))


def test_the_host_stands_under_its_name_of_today(group: WorkGroup) -> None:
    former = factories.make_school("Ash Lane")
    work.make_meeting(group, host_school=former, venue="")
    factories.go_on_as(former, factories.make_school("Birch Academy"))
    [event] = events_of_group(group)
    assert event["LOCATION"].startswith("Birch Academy, ")


@given(st.text())
def test_any_text_comes_out_as_it_was_typed_but_for_what_nobody_sees(text: str) -> None:
    event = Event()
    event.add("description", _plain(text))
    read = Event.from_ical(event.to_ical())
    assert read["DESCRIPTION"] == _plain(text)
    lines = event.to_ical().decode().split("\r\n")
    assert all(len(line.encode()) <= 75 for line in lines)
    assert all(letter >= " " or letter == "\t" for line in lines for letter in line)


def test_a_calendar_takes_as_many_queries_for_three_as_for_one(
    group: WorkGroup, leader: Membership, now: dt.datetime
) -> None:
    def queries() -> tuple[int, int]:
        counts = []
        with tenancy.use(group.hub):
            fresh = WorkGroup.objects.with_stage().select_related("specialist__hub").get(pk=group.pk)
            with CaptureQueriesContext(connection) as captured:
                calendar_of_group(fresh, today=TODAY)
            counts.append(len(captured))
            with CaptureQueriesContext(connection) as captured:
                calendar_of_specialist(fresh.specialist, today=TODAY)
            counts.append(len(captured))
        return counts[0], counts[1]

    def add(number: int) -> None:
        place = make_member_school(group, f"School {number}")
        work.make_visit(place, starts_at=TUESDAY)
        former = factories.make_school(f"Host {number}")
        factories.go_on_as(former, factories.make_school(f"Academy {number}"))
        work.make_meeting(group, starts_at=TUESDAY + dt.timedelta(days=number), host_school=former)

    add(1)
    one = queries()
    add(2)
    add(3)
    assert queries() == one == (2, 4)
    with tenancy.use(group.hub):
        assert Meeting.objects.count() == 3
