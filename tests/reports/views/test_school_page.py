from __future__ import annotations

import datetime as dt
import re
import uuid

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from funding.models import GrantState, ReleaseEntry
from hubs import tenancy
from hubs.links import make_token
from hubs.models import Hub, User
from tests import factories, work
from workgroups.models import Attendance, InternalNote, MeetingState, Participant, Place, SchoolLink, VisitState

DAY = dt.timedelta(days=1)
SECRET = "ZEBRA-ONLY-THE-HUB"


def url_of(link: SchoolLink) -> str:
    return reverse("school_page", args=[make_token("school-page", hub_id=link.hub_id, subject_id=link.pk)])


def page_of(place: Place) -> str:
    return Client().get(url_of(work.make_school_link(place, email=f"{timezone.now().timestamp()}@x.example"))).text


@pytest.fixture
def place(hub: Hub) -> Place:
    """A school in the middle of its year, every kind of thing once."""
    return busy_place(hub)


def busy_place(hub: Hub) -> Place:
    now = timezone.now()
    by = factories.make_user("Somebody")
    group = work.make_group(hub, "Castle Hill")
    place = work.make_place(hub, group=group)
    held = work.make_meeting(
        group,
        starts_at=now - 9 * DAY,
        state=MeetingState.HELD,
        held_recorded_at=now,
        observed_lesson="Number lines in Year 3",
    )
    work.make_meeting(group, agenda="What we tried", host_school=factories.make_school("Host"))
    visit = work.make_visit(
        place,
        starts_at=now - 5 * DAY,
        state=VisitState.HELD,
        held_recorded_at=now,
        met="Tess Teacher",
        shared_note="We planned fractions.",
    )
    work.make_visit(place, starts_at=now + 9 * DAY, number=2)
    work.make_action(visit, "Smaller steps", who="Tess Teacher", due_on=timezone.localdate() + 9 * DAY)
    work.make_action(visit, "Done long ago", done_on=timezone.localdate())
    with tenancy.use(hub):
        teacher = place.participants.get(position=1)
        attendance = Attendance.objects.create(
            hub=hub,
            meeting=held,
            participant=teacher,
            mark=Attendance.Mark.SUBSTITUTE,
            substitute_name="Sub Stitute",
            recorded_at=now,
        )
        InternalNote.objects.create(hub=hub, meeting=held, text=SECRET, written_by=by, written_at=now)
        InternalNote.objects.create(hub=hub, visit=visit, text=SECRET, written_by=by, written_at=now)
        entry = {
            "hub": hub,
            "place": place,
            "year": place.stage_year.year,
            "worked_on": timezone.localdate(),
            "recorded_at": now,
            "recorded_name": "Somebody",
        }
        ReleaseEntry.objects.create(**entry, kind="meeting", half_days=2, attendance=attendance)
        ReleaseEntry.objects.create(**entry, kind="correction", half_days=-1, attendance=attendance, words="Only one")
        logged = ReleaseEntry.objects.create(
            **entry, kind="in_school", half_days=4, entry_key=uuid.uuid4(), words="Planned together"
        )
        ReleaseEntry.objects.create(**entry, kind="correction", half_days=-4, corrects=logged, words="Twice")
        ReleaseEntry.objects.create(
            **entry, kind="in_school", half_days=2, entry_key=uuid.uuid4(), words="Planned together"
        )
    work.make_grant(place, state=GrantState.WITHHELD, withheld_reason=SECRET)
    return place


def test_a_school_reads_its_dates_notes_actions_days_and_grant(place: Place) -> None:
    page = page_of(place)

    for words in (
        "Meeting of Castle Hill",
        "What we tried",
        "visits your school",
        "Number lines in Year 3",
        "Teacher 1: Sub Stitute came instead",
        "met Tess Teacher",
        "We planned fractions.",
        "Smaller steps",
        "1½ days of 10 days",
        "£1,000",
        "Withheld",
        "Take part.",
        "Hana Head",
        "Teacher 2",
    ):
        assert words in page, words
    assert "Done long ago" not in page


def test_a_school_of_a_group_comes_from_it_to_where_it_logs_its_own_days(hub: Hub, place: Place) -> None:
    words = "Log release time spent in school"
    waiting = work.make_place(hub, factories.make_school("Elm"))

    page = page_of(place)

    (address,) = re.findall(rf'href="([^"]+)">{words}', page)
    assert Client().get(address).status_code == 200
    assert words not in page_of(waiting)


def test_teachers_stand_in_their_order_whoever_was_there_and_marked_before(hub: Hub) -> None:
    now = timezone.now()
    group = work.make_group(hub)
    place = work.make_place(hub, group=group, accepted_at=now - 30 * DAY)
    held = work.make_meeting(group, starts_at=now - DAY, state=MeetingState.HELD, held_recorded_at=now)
    with tenancy.use(hub):
        left, second = place.participants.order_by("position")
        left.ends_on = held.day - 5 * DAY
        left.save()
        first = Participant.objects.create(
            hub=hub, place=place, position=1, name="Fay Follower", email="fay@school.example", starts_on=left.ends_on
        )
        for teacher in (second, first):
            Attendance.objects.create(hub=hub, meeting=held, participant=teacher, mark="present", recorded_at=now)
    page = page_of(place)
    assert page.index("Fay Follower: present") < page.index(f"{second.name}: present")


def test_meetings_before_the_day_on_which_it_joins_are_not_its_own(hub: Hub) -> None:
    now = timezone.now()
    group = work.make_group(hub, "Castle Hill")
    for days, what in ((10, "Before it joins"), (20, "On the day"), (30, "After that")):
        work.make_meeting(group, starts_at=now + days * DAY, agenda=what)
    place = work.make_place(hub, group=group, accepted_at=now + 20 * DAY)

    page = page_of(place)

    assert "Before it joins" not in page
    assert "On the day" in page and "After that" in page


def test_what_only_the_hub_reads_is_not_on_it(place: Place) -> None:
    assert SECRET not in page_of(place)


def test_a_correction_counts_with_what_it_corrects(place: Place) -> None:
    page = page_of(place)

    assert "Correction" not in page
    by_kind = page[page.index("By what it was for") :]
    assert by_kind.index("Meeting</th>") < by_kind.index("½ day") < by_kind.index("In school</th>")


def test_the_page_is_one_schools_alone(hub: Hub, place: Place) -> None:
    other = work.make_place(hub, factories.make_school("Elm"), group=place.group)

    page = page_of(other)

    assert "Meeting of Castle Hill" in page
    for words in ("We planned fractions.", "Smaller steps", "Sub Stitute", "Number lines", "£1,000", place.school.name):
        assert words not in page, words


def test_a_way_that_was_ended_says_what_to_do(hub: Hub, place: Place) -> None:
    link = work.make_school_link(place)
    with tenancy.use(hub):
        SchoolLink.objects.filter(pk=link.pk).update(ended_at=timezone.now())

    response = Client().get(url_of(link))

    assert response.status_code == 410
    assert hub.contact_email in response.text
    assert place.school.name not in response.text


def test_a_school_that_became_an_academy_reads_its_new_name_and_the_one_it_had(place: Place) -> None:
    factories.go_on_as(place.school, factories.make_school("Birch Academy"))

    page = page_of(place)

    assert "Birch Academy" in page
    assert f"Formerly {place.school.name}" in page
    assert "We planned fractions." in page


@pytest.mark.parametrize(
    ("state", "words"),
    [("waiting", "as soon as its Work Group is formed"), ("left", "no longer takes part")],
)
def test_the_page_says_where_the_place_stands(hub: Hub, state: str, words: str) -> None:
    place = work.make_place(hub)
    with tenancy.use(hub):
        Place.objects.filter(pk=place.pk).update(state=state)

    page = page_of(place)

    assert words in page
    assert "No meeting is planned at the moment." in page


def test_it_takes_as_many_queries_for_a_full_year_as_for_its_beginning(hub: Hub, administrator: User) -> None:
    place = busy_place(hub)
    link = work.make_school_link(place)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            Client().get(url_of(link))
        return len(captured)

    with_one = queries()
    assert place.group is not None
    for number in range(3):
        school = factories.make_school(f"Host {number}")
        work.make_meeting(place.group, starts_at=timezone.now() + (20 + number) * DAY, host_school=school)
        visit = work.make_visit(place, number=5 + number)
        work.make_action(visit)
    assert queries() == with_one <= 18
