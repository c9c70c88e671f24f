from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from hubs import tenancy
from hubs.models import Hub, Role, User
from hubs.wording import moment
from hubs.years import academic_year_of
from schools.calendar import SchoolCalendar
from tests import factories, work
from tests.workgroups.meetings import held
from tests.workgroups.views.pages import ClientOf, day_boxes, join, levels, past, queries_of, said, text_of, url
from workgroups.models import Meeting, Place, WorkGroup

DETAILS = {"time": "1:30pm", "half_days": "1", "format": "in_person", "venue": "Town hall"}


@pytest.fixture
def group(hub: Hub, specialist: User) -> WorkGroup:
    return work.make_group(hub, "Ashby", specialist=work.make_specialist(hub, user=specialist))


@pytest.fixture
def console(specialist: User, client_of: ClientOf) -> Client:
    """The browser of the group's Specialist."""
    return client_of(specialist)


def school_day(*, after: int = 7) -> dt.date:
    """A day in some days' time on which nothing speaks against a meeting, if the group's year has one left."""
    today, calendar = timezone.localdate(), SchoolCalendar()
    year = academic_year_of(today)
    days = [day for day in calendar.days_in_session(year) if day > today + dt.timedelta(days=after)]
    return days[0] if days else calendar.days_in_session(year + 1)[10]


def typed(day: dt.date, **fields: str) -> dict[str, str]:
    return {**DETAILS, **day_boxes("day", day), **fields}


def the_meeting(group: WorkGroup) -> Meeting:
    with tenancy.use(group.hub):
        return Meeting.objects.select_related("hub", "host_school", "group").get()


def send(console: Client, address: str, data: dict[str, str]) -> Any:
    """Send a form; where the day is warned of, once more, as one does."""
    response = console.post(address, data)
    if response.status_code == 200 and response.context["warnings"]:
        data = {**data, "warned_of": response.context["form"]["warned_of"].value()}
        response = console.post(address, data)
    return response


# --- Planning --------------------------------------------------------------------------------------


def test_a_specialist_plans_a_meeting(console: Client, group: WorkGroup) -> None:
    host = join(group).school
    day = school_day()

    response = send(console, url("meeting_plan", group), typed(day, host=str(host.pk), agenda="Subtraction"))

    meeting = the_meeting(group)
    assert response["Location"] == url("meeting", meeting)
    assert timezone.localtime(meeting.starts_at).time() == dt.time(13, 30)
    assert said(response) == [
        f"The meeting is planned for {moment(meeting.starts_at)}, ½ day. It is in the calendars of the group now."
    ]
    page = text_of(console.get(url("meeting", meeting)))
    assert "Ash Lane Primary School, Town hall" in page
    assert "Subtraction" in page
    assert "Planned" in page


def test_one_that_was_held_is_entered_and_then_recorded(console: Client, group: WorkGroup) -> None:
    response = send(console, url("meeting_plan", group), typed(past().date()))
    assert response["Location"] == url("meeting_hold", the_meeting(group))
    assert "Now record who came." in said(response)[0]


def test_a_day_that_something_speaks_against_is_warned_of_once(console: Client, group: WorkGroup) -> None:
    join(group)
    saturday = timezone.localdate() + dt.timedelta(days=(5 - timezone.localdate().weekday()) % 7 + 7)
    address = url("meeting_plan", group)

    warned = console.post(address, typed(saturday))

    assert f"The schools of the group do not teach on {moment_of(saturday)} (a Saturday)." in text_of(warned)
    assert "Plan it all the same" in text_of(warned)
    with tenancy.use(group.hub):
        assert not Meeting.objects.exists()
    again = {**typed(saturday), "warned_of": warned.context["form"]["warned_of"].value()}
    assert console.post(address, again).status_code == 302
    assert the_meeting(group).day == saturday


def moment_of(day: dt.date) -> str:
    return f"{day:%A} {day.day} {day:%B %Y}"


def test_another_day_than_the_one_that_was_warned_of_is_warned_of_too(console: Client, group: WorkGroup) -> None:
    saturday = timezone.localdate() + dt.timedelta(days=(5 - timezone.localdate().weekday()) % 7 + 7)
    sunday = saturday + dt.timedelta(days=1)
    response = console.post(url("meeting_plan", group), typed(sunday, warned_of=saturday.isoformat()))
    assert "(a Sunday)" in text_of(response)


@pytest.mark.parametrize(
    ("fields", "said_at", "words"),
    [
        ({"day_day": ""}, "day", "Enter the day of the date as well"),
        ({"time": ""}, "time", "Enter when the meeting starts, like 1:30pm"),
        ({"time": "soon"}, "time", "Enter a time like 1:30pm or 13:30"),
        ({"half_days": "9"}, "half_days", "Choose how long the meeting takes"),
        ({"format": ""}, "format", "Choose how you meet"),
        (
            {"venue": ""},
            "host",
            "Choose the host school or enter another place, or tick that it is still to be confirmed",
        ),
        (
            {"format": "online"},
            "online_link",
            "Enter the link to join, or tick that it is still to be confirmed",
        ),
        ({"format": "hybrid", "online_link": "nowhere at all"}, "online_link", "Enter the whole link, like"),
        ({"format": "online", "online_link": "ftp://meet.example"}, "online_link", "Enter the whole link, like"),
        ({"host": "1"}, "host", "Choose a school of the group"),
        ({"day_year": "1999"}, "day", "Enter a date that is not more than a year ago"),
    ],
)
def test_what_cannot_be_is_told_at_its_field_and_nothing_is_planned(
    console: Client, group: WorkGroup, fields: dict[str, str], said_at: str, words: str
) -> None:
    response = send(console, url("meeting_plan", group), typed(school_day(), **fields))
    assert response.status_code == 200
    assert response.context["form"].errors[said_at][0].startswith(words)
    with tenancy.use(group.hub):
        assert not Meeting.objects.exists()


def test_a_time_that_the_clocks_leave_out_is_refused(console: Client, group: WorkGroup) -> None:
    response = console.post(url("meeting_plan", group), typed(dt.date(2027, 3, 28), time="1:30am"))
    assert response.context["form"].errors["time"][0].startswith("Enter another time: the clocks go forward")


def test_a_place_to_be_confirmed_may_be_left_open(console: Client, group: WorkGroup) -> None:
    send(console, url("meeting_plan", group), typed(school_day(), venue="", to_be_confirmed="on"))
    meeting = the_meeting(group)
    assert (meeting.where, meeting.to_be_confirmed) == ("", True)
    page = text_of(console.get(url("meeting", meeting)))
    assert "Not known yet" in page
    assert "To be confirmed" in page


def test_online_nobody_meets_at_a_school(console: Client, group: WorkGroup) -> None:
    host = join(group).school
    fields = {"format": "online", "host": str(host.pk), "online_link": "meet.example/1"}
    send(console, url("meeting_plan", group), typed(school_day(), **fields))
    meeting = the_meeting(group)
    assert (meeting.where, meeting.host_school, meeting.online_link) == ("Online", None, "https://meet.example/1")


def test_proposed_days_fill_in_the_form(console: Client, group: WorkGroup) -> None:
    response = console.get(url("meeting_plan", group))
    suggestions = response.context["suggestions"]
    assert all(one.day > timezone.localdate() for one in suggestions)
    for one in suggestions[:1]:
        filled = console.get(f"{url('meeting_plan', group)}?day={one.day}&time={one.time:%H:%M}")
        assert filled.context["form"]["day"].value() == str(one.day)
        assert filled.context["form"]["time"].value() == "1:30pm"


@pytest.mark.parametrize("query", ["day=x&time=y", "day=2027-99-99", "time=%00", "day=%00"])
def test_nonsense_in_the_address_does_no_harm(console: Client, group: WorkGroup, query: str) -> None:
    assert console.get(f"{url('meeting_plan', group)}?{query}").status_code == 200


# --- Changing and cancelling -----------------------------------------------------------------------


def test_a_meeting_is_moved(console: Client, group: WorkGroup) -> None:
    meeting = work.make_meeting(group)
    address = url("meeting_change", meeting)
    shown = console.get(address).context["form"]
    assert shown["time"].value() == "1:30pm"
    day = school_day(after=20)

    response = send(console, address, typed(day, seen=shown["seen"].value(), time="9"))

    moved = the_meeting(group)
    assert (moved.day, moved.sequence) == (day, 1)
    assert said(response) == [f"The meeting is moved to {moment(moved.starts_at)}. Calendars follow."]


def test_saved_as_it_is_nothing_is_changed(console: Client, group: WorkGroup) -> None:
    meeting = work.make_meeting(group)
    response = console.post(url("meeting_change", meeting), typed(meeting.day, seen="0"))
    assert said(response) == ["Nothing was changed: the meeting is as it was."]
    assert levels(response) == ["info"]
    assert the_meeting(group).sequence == 0


def test_whoever_saves_later_sees_what_was_changed_meanwhile(console: Client, group: WorkGroup) -> None:
    meeting = work.make_meeting(group, sequence=4)
    data = typed(meeting.day, seen="3", venue="Library")

    late = console.post(url("meeting_change", meeting), data)

    assert late.status_code == 200
    assert "Somebody has changed this meeting meanwhile. It is planned for" in text_of(late)
    assert the_meeting(group).venue == "Town hall"
    again = console.post(url("meeting_change", meeting), {**data, "seen": late.context["form"]["seen"].value()})
    assert again.status_code == 302
    assert the_meeting(group).venue == "Library"


def test_a_host_that_has_left_the_group_can_still_be_chosen(console: Client, group: WorkGroup) -> None:
    elsewhere = factories.make_school("Mill Road")
    meeting = work.make_meeting(group, host_school=elsewhere, venue="")
    form = console.get(url("meeting_change", meeting)).context["form"]
    assert form["host"].value() == elsewhere.pk
    named = dict(form.fields["host"].choices)
    assert named[elsewhere.pk].endswith(", not in the group any more")
    at_home = work.make_meeting(group, host_school=join(group).school, starts_at=timezone.now() + dt.timedelta(days=3))
    assert "not in the group any more" not in console.get(url("meeting_change", at_home)).text


def test_a_meeting_to_come_at_a_school_that_has_left_is_warned_of(console: Client, group: WorkGroup) -> None:
    stays, goes = join(group, "Ash Lane"), join(group, "Mill Road")
    for place, days in ((stays, 8), (goes, 9), (goes, -9)):
        work.make_meeting(group, starts_at=timezone.now() + dt.timedelta(days=days), host_school=place.school)
    with tenancy.use(group.hub):
        _, fine, wrong = Meeting.objects.order_by("starts_at")
    warning, link = "Mill Road is not in Ashby any more.", f'"{url("meeting_change", wrong)}">Choose another host'
    assert "any more" not in console.get(url("meeting", wrong)).text + console.get(url("group", group)).text

    with tenancy.use(group.hub):
        Place.objects.filter(pk=goes.pk).update(state="left", group=None, specialist_school=None)

    assert warning in text_of(console.get(url("meeting", wrong)))
    assert "any more" not in console.get(url("meeting", fine)).text
    page = console.get(url("group", group)).text
    assert link in page
    assert page.count("The school is not in the group any more") == 1


def test_a_meeting_is_cancelled_and_its_page_says_why(console: Client, group: WorkGroup) -> None:
    meeting = work.make_meeting(group)
    address = url("meeting_cancel", meeting)
    assert "Enter the reason: the schools will read it" in text_of(console.post(address, {"reason": " "}))

    response = console.post(address, {"reason": "Snow & ice."})

    assert response["Location"] == url("meeting", meeting)
    page = text_of(console.get(url("meeting", meeting)))
    assert "Cancelled: Snow & ice." in page
    assert "Plan another meeting" in page
    assert url("meeting_change", meeting) not in console.get(url("meeting", meeting)).text


@pytest.mark.parametrize("name", ["meeting_change", "meeting_cancel", "meeting_hold"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_what_is_over_leads_back_to_the_meeting(console: Client, group: WorkGroup, name: str, method: str) -> None:
    meeting = work.make_meeting(group, state="cancelled", cancelled_reason="Snow.", starts_at=past())
    response = getattr(console, method)(url(name, meeting), {"reason": "Ice."})
    assert response["Location"] == url("meeting", meeting)
    assert said(response) == ["This meeting is cancelled. Nothing of yours was saved."]


# --- The list --------------------------------------------------------------------------------------


def list_url(hub: Hub, query: str = "") -> str:
    return reverse("meeting_list", args=[hub.slug]) + (f"?{query}" if query else "")


def shown(response: Any) -> list[Meeting]:
    return [row.meeting for row in response.context["rows"]]


def test_what_is_next_comes_first_and_the_rest_is_a_filter_away(console: Client, group: WorkGroup, hub: Hub) -> None:
    later = work.make_meeting(group, starts_at=timezone.now() + dt.timedelta(days=40))
    sooner = work.make_meeting(group)
    to_record = work.make_meeting(group, starts_at=past())
    held = work.make_meeting(group, starts_at=past(20), state="held", held_recorded_at=timezone.now())

    assert shown(console.get(list_url(hub))) == [sooner, later]
    assert shown(console.get(list_url(hub, "when=record"))) == [to_record]
    assert shown(console.get(list_url(hub, "when=past"))) == [to_record, held]
    assert shown(console.get(list_url(hub, "when=all"))) == [sooner, later, to_record, held]
    figures = {figure.label: figure.value for figure in console.get(list_url(hub)).context["figures"]}
    assert figures == {"To come": 2, "To record": 1}
    assert "To record" in text_of(console.get(list_url(hub, "when=past")))


def test_a_specialist_lists_the_meetings_of_her_groups_and_a_lead_all(
    console: Client, group: WorkGroup, hub: Hub, lead: User, client_of: ClientOf
) -> None:
    mine = work.make_meeting(group)
    other_group = work.make_group(hub, "Mill Road")
    other = work.make_meeting(other_group, starts_at=timezone.now() + dt.timedelta(days=40))

    assert shown(console.get(list_url(hub))) == [mine]
    assert shown(console.get(list_url(hub, f"group={other_group.pk}"))) == [mine]
    assert "Mill Road" not in console.get(list_url(hub)).text
    leads = client_of(lead)
    assert shown(leads.get(list_url(hub))) == [mine, other]
    assert shown(leads.get(list_url(hub, f"group={other_group.pk}"))) == [other]


@pytest.mark.parametrize("query", ["when=x", "group=x", "group=999", "page=99", "when=%00"])
def test_nonsense_in_the_list_s_address_is_ignored(console: Client, group: WorkGroup, hub: Hub, query: str) -> None:
    meeting = work.make_meeting(group)
    assert shown(console.get(list_url(hub, query))) == [meeting]


def test_empty_lists_teach(console: Client, hub: Hub, specialist: User) -> None:
    assert "No Work Group yet" in text_of(console.get(list_url(hub)))
    work.make_group(hub, specialist=work.make_specialist(hub, user=specialist))
    assert "No meeting to come" in text_of(console.get(list_url(hub)))
    assert "Nothing to record" in text_of(console.get(list_url(hub, "when=record")))
    assert "No meeting in the past" in text_of(console.get(list_url(hub, "when=past")))


def test_the_host_stands_under_its_name_of_today(console: Client, group: WorkGroup, hub: Hub) -> None:
    former = factories.make_school("Ash Lane")
    meeting = work.make_meeting(group, host_school=former, venue="")
    factories.go_on_as(former, factories.make_school("Birch Academy"))
    assert "Birch Academy" in text_of(console.get(list_url(hub)))
    assert "Birch Academy" in text_of(console.get(url("meeting", meeting)))


# --- Queries and walls -----------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("query", ["", "when=past", "when=all"])
def test_the_list_takes_as_many_queries_for_three_as_for_one(
    console: Client, group: WorkGroup, hub: Hub, query: str
) -> None:
    def meet(number: int) -> None:
        host = factories.make_school(f"Host {number}", status=2)
        for starts_at in (past(number), timezone.now() + dt.timedelta(days=number)):
            work.make_meeting(group, starts_at=starts_at, host_school=host)

    meet(1)
    one = queries_of(console, list_url(hub, query))
    meet(2)
    meet(3)
    assert queries_of(console, list_url(hub, query)) == one <= 10


@pytest.mark.django_db(transaction=True)
def test_a_meeting_s_page_takes_as_many_queries_for_three_schools_as_for_one(console: Client, group: WorkGroup) -> None:
    leader = factories.membership_of(group.specialist.user, group.hub)  # type: ignore[arg-type]
    counts = []
    for number in (1, 2, 3):
        join(group, f"School {number}")
        meeting = work.make_meeting(group, starts_at=past(number))
        held(meeting, leader, timezone.now(), note="Note.")
        counts.append(queries_of(console, url("meeting", meeting)))
    assert counts[0] == counts[2]
    assert counts[0] <= 10


@pytest.mark.parametrize("name", ["meeting", "meeting_change", "meeting_cancel", "meeting_hold", "meeting_record"])
def test_another_specialist_s_meeting_is_not_there(group: WorkGroup, hub: Hub, client_of: ClientOf, name: str) -> None:
    meeting = work.make_meeting(group)
    other = client_of(factories.make_member(hub, Role.MASTERY_SPECIALIST, "Olga Other"))
    assert other.get(url(name, meeting)).status_code == 404
    assert other.post(url(name, meeting), {"reason": "Snow."}).status_code in (404, 405)
    assert the_meeting(group).state == "planned"
