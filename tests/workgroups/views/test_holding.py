from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from hubs import tenancy
from hubs.models import Hub, User
from tests import work
from tests.workgroups.views.pages import ClientOf, join, levels, past, queries_of, said, teachers_of, text_of, url
from workgroups.models import Attendance, InternalNote, Meeting, Participant, Place, WorkGroup
from workgroups.school_links import url_of

MARKER = "ZEBRA: the head is leaving."


@pytest.fixture
def group(hub: Hub, specialist: User) -> WorkGroup:
    return work.make_group(hub, "Ashby", specialist=work.make_specialist(hub, user=specialist))


@pytest.fixture
def place(group: WorkGroup) -> Place:
    return join(group)


@pytest.fixture
def meeting(group: WorkGroup, place: Place) -> Meeting:
    """It was three days ago."""
    return work.make_meeting(group, starts_at=past())


@pytest.fixture
def console(specialist: User, client_of: ClientOf) -> Client:
    """The browser of the group's Specialist."""
    return client_of(specialist)


def chosen(place: Place, *marks: str, **fields: str) -> dict[str, str]:
    """What is chosen for the teachers of a place; a name is that of a substitute."""
    data = {}
    for teacher, mark in zip(teachers_of(place), marks, strict=False):
        known = mark in Attendance.Mark.values
        data[f"mark_{teacher.pk}"] = mark if known else "substitute"
        data[f"substitute_{teacher.pk}"] = "" if known else mark
    return {**data, **fields}


def marks_in(meeting: Meeting) -> list[tuple[str, str]]:
    with tenancy.use(meeting.hub_id):
        rows = meeting.attendance.order_by("participant__position")
        return list(rows.values_list("mark", "substitute_name"))


def state_of(meeting: Meeting) -> str:
    with tenancy.use(meeting.hub_id):
        return Meeting.objects.get(pk=meeting.pk).state


# --- Recording -------------------------------------------------------------------------------------


def test_who_came_and_what_was_said_is_recorded_in_one_go(console: Client, meeting: Meeting, place: Place) -> None:
    data = chosen(place, "present", "Sami Substitute", discussion="Concrete first.", internal_note=MARKER)

    response = console.post(url("meeting_hold", meeting), data)

    assert response["Location"] == url("meeting", meeting)
    assert said(response)[0].endswith("is recorded. The schools can read the write-up.")
    assert marks_in(meeting) == [("present", ""), ("substitute", "Sami Substitute")]
    page = text_of(console.get(url("meeting", meeting)))
    assert "2 of 2 came, 1 of them as a substitute." in page
    assert "Concrete first." in page
    assert f"Internal note Only the hub sees this {MARKER}" in page


def test_nothing_is_chosen_for_anybody_before_somebody_does(console: Client, meeting: Meeting, place: Place) -> None:
    page = console.get(url("meeting_hold", meeting)).text
    assert page.count('type="radio"') == 6
    assert "checked" not in page


def test_each_must_be_chosen(console: Client, meeting: Meeting, place: Place) -> None:
    response = console.post(url("meeting_hold", meeting), chosen(place, "present"))
    page = text_of(response)
    assert "Choose whether Teacher 2 came" in page
    assert "Choose whether Teacher 1 came" not in page
    assert state_of(meeting) == "planned"


@pytest.mark.parametrize("name", ["", "  ", "x" * 121, "www.example.com/x"])
def test_a_substitute_has_a_name(console: Client, meeting: Meeting, place: Place, name: str) -> None:
    [first, second] = teachers_of(place)
    data = {f"mark_{first.pk}": "present", f"mark_{second.pk}": "substitute", f"substitute_{second.pk}": name}
    response = console.post(url("meeting_hold", meeting), data)
    assert (
        response.context["form"]
        .errors[f"substitute_{second.pk}"][0]
        .startswith("Enter the name of who came instead of Teacher 2")
    )
    assert marks_in(meeting) == []


def test_a_name_left_beside_another_choice_does_not_count(console: Client, meeting: Meeting, place: Place) -> None:
    [first, _] = teachers_of(place)
    data = {**chosen(place, "present", "absent"), f"substitute_{first.pk}": "x" * 200}
    assert console.post(url("meeting_hold", meeting), data).status_code == 302
    assert marks_in(meeting) == [("present", ""), ("absent", "")]


def test_everybody_was_there_chooses_for_the_others_and_saves_nothing(
    console: Client, meeting: Meeting, place: Place
) -> None:
    [first, second] = teachers_of(place)
    data = {f"mark_{first.pk}": "absent", "discussion": "Concrete first.", "everybody": "present"}

    response = console.post(url("meeting_hold", meeting), data)

    form = response.context["form"]
    assert (form[f"mark_{first.pk}"].value(), form[f"mark_{second.pk}"].value()) == ("absent", "present")
    assert form["discussion"].value() == "Concrete first."
    assert not form.errors
    assert "There is a problem" not in response.text
    assert state_of(meeting) == "planned"


def test_sent_twice_the_second_leads_to_the_meeting(console: Client, meeting: Meeting, place: Place) -> None:
    console.post(url("meeting_hold", meeting), chosen(place, "present", "present"))
    again = console.post(url("meeting_hold", meeting), chosen(place, "absent", "absent"))
    assert again["Location"] == url("meeting", meeting)
    assert said(again)[-1].startswith("This meeting is held. Recorded by you, ")
    assert said(again)[-1].endswith(": Held. 2 of 2 came. Nothing more was saved.")
    assert marks_in(meeting) == [("present", "")] * 2


def test_one_that_is_to_come_is_recorded_afterwards(console: Client, group: WorkGroup) -> None:
    meeting = work.make_meeting(group)
    response = console.get(url("meeting_hold", meeting))
    assert response["Location"] == url("meeting", meeting)
    assert "Record it afterwards." in said(response)[0]


def test_a_meeting_at_which_nobody_is_to_be_marked_can_still_be_recorded(
    console: Client, hub: Hub, specialist: User
) -> None:
    empty = work.make_group(hub, "Empty", specialist=work.make_specialist(hub, user=specialist))
    meeting = work.make_meeting(empty, starts_at=past())
    assert "there is nobody to mark" in text_of(console.get(url("meeting_hold", meeting)))
    assert console.post(url("meeting_hold", meeting), {}).status_code == 302
    assert state_of(meeting) == "held"
    assert "Nobody was in the group on that day." in text_of(console.get(url("meeting", meeting)))
    assert "nobody to mark" in text_of(console.get(url("meeting_attendance", meeting)))


def test_who_was_replaced_while_the_form_was_open_is_asked_for_anew(
    console: Client, meeting: Meeting, place: Place
) -> None:
    data = chosen(place, "present", "present")
    with tenancy.use(place.hub):
        Participant.objects.filter(place=place, position=2).update(starts_on=timezone.localdate())
    response = console.post(url("meeting_hold", meeting), data)
    # What was sent for her is ignored: she did not take part on that day.
    assert response.status_code == 302
    assert marks_in(meeting) == [("present", "")]


# --- Afterwards ------------------------------------------------------------------------------------


def test_attendance_is_put_right_from_what_is_recorded(console: Client, meeting: Meeting, place: Place) -> None:
    console.post(url("meeting_hold", meeting), chosen(place, "present", "Sami Substitute"))
    address = url("meeting_attendance", meeting)
    [first, second] = teachers_of(place)
    form = console.get(address).context["form"]
    assert (form[f"mark_{first.pk}"].value(), form[f"substitute_{second.pk}"].value()) == ("present", "Sami Substitute")

    without = console.post(address, chosen(place, "absent", "Sami Substitute"))
    assert "Enter why the attendance is put right" in text_of(without)
    response = console.post(address, chosen(place, "absent", "Sami Substitute", reason="She was ill."))

    assert said(response)[-1] == "The attendance is put right, and release time is counted by it."
    assert marks_in(meeting) == [("absent", ""), ("substitute", "Sami Substitute")]
    same = console.post(address, chosen(place, "absent", "Sami Substitute", reason="She was ill."))
    assert (said(same)[-1], levels(same)[-1]) == ("The attendance is as it was: nothing was changed.", "info")


def test_a_meeting_is_written_up_later(console: Client, meeting: Meeting, place: Place) -> None:
    console.post(url("meeting_hold", meeting), chosen(place, "present", "present"))
    assert "Write up the meeting" in text_of(console.get(url("meeting", meeting)))
    address = url("meeting_record", meeting)

    console.post(address, {"observed_lesson": "Year 2.", "internal_note": MARKER})

    form = console.get(address).context["form"]
    assert (form["observed_lesson"].value(), form["internal_note"].value()) == ("Year 2.", MARKER)
    assert "Change the write-up" in text_of(console.get(url("meeting", meeting)))
    assert levels(console.post(address, {"observed_lesson": "Year 2."})) == ["success"]
    same = console.post(address, {"observed_lesson": "Year 2."})
    assert (said(same)[-1], levels(same)[-1]) == ("Nothing was changed.", "info")
    with tenancy.use(meeting.hub):
        assert not InternalNote.objects.exists()


def test_what_another_has_written_meanwhile_is_shown_before_it_is_replaced(
    console: Client, meeting: Meeting, place: Place
) -> None:
    console.post(url("meeting_hold", meeting), chosen(place, "present", "present"))
    address = url("meeting_record", meeting)
    opened = console.get(address).context["form"].initial
    console.post(address, {**opened, "discussion": "Concrete first.", "internal_note": MARKER})

    shown = console.post(address, {**opened, "discussion": "Bar models.", "observed_lesson": "Year 2."})

    page = text_of(shown)
    assert "This has changed since you opened it. Recorded by you, " in page and "What stands now" in page
    form = shown.context["form"]
    assert form.standing == [("Observed lesson", ""), ("Discussion", "Concrete first."), ("Internal note", MARKER)]
    assert form["discussion"].value() == "Bar models."
    with tenancy.use(meeting.hub):
        assert Meeting.objects.get().discussion == "Concrete first."
    sent = {"discussion": "Bar models.", "observed_lesson": "Year 2.", "seen": form["seen"].value()}
    assert levels(console.post(address, sent)) == ["success"]
    # The second of a double click: it is there as it was sent.
    assert levels(console.post(address, sent))[-1] == "info"


def test_marks_that_another_has_put_right_meanwhile_are_shown_before_they_are_replaced(
    console: Client, meeting: Meeting, place: Place
) -> None:
    console.post(url("meeting_hold", meeting), chosen(place, "present", "present"))
    address = url("meeting_attendance", meeting)
    seen = console.get(address).context["form"]["seen"].value()
    console.post(address, chosen(place, "absent", "present", reason="She was ill.", seen=seen))

    mine = chosen(place, "present", "Sami Substitute", reason="A colleague came.")
    shown = console.post(address, {**mine, "seen": seen})

    form = shown.context["form"]
    [first, second] = teachers_of(place)
    assert form.standing == [(first.name, "absent"), (second.name, "present")]
    assert "This has changed since you opened it. Recorded by you, " in text_of(shown)
    assert marks_in(meeting) == [("absent", ""), ("present", "")]
    console.post(address, {**mine, "seen": form["seen"].value()})
    assert marks_in(meeting) == [("present", ""), ("substitute", "Sami Substitute")]


@pytest.mark.parametrize("name", ["meeting_attendance", "meeting_record"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_before_it_is_held_there_is_nothing_to_put_right(
    console: Client, meeting: Meeting, name: str, method: str
) -> None:
    response = getattr(console, method)(url(name, meeting), {"reason": "So it is."})
    assert response["Location"] == url("meeting", meeting)
    assert said(response) == ["This meeting is planned. Record that it was held first."]


@pytest.mark.django_db(transaction=True)
def test_forms_take_as_many_queries_for_three_schools_as_for_one(
    console: Client, meeting: Meeting, group: WorkGroup
) -> None:
    one = queries_of(console, url("meeting_hold", meeting))
    join(group, "Mill Road")
    join(group, "Birch")
    assert queries_of(console, url("meeting_hold", meeting)) == one <= 11


def test_what_only_the_hub_reads_is_on_no_page_of_a_school(console: Client, meeting: Meeting, place: Place) -> None:
    data = chosen(place, "present", "present", discussion="Concrete first.", internal_note=MARKER)
    console.post(url("meeting_hold", meeting), data)
    assert "ZEBRA" in console.get(url("meeting", meeting)).text
    with tenancy.use(place.hub):
        address = url_of(work.make_school_link(place)).removeprefix(settings.PUBLIC_URL)
    page = Client().get(address)
    assert page.status_code == 200
    assert "Concrete first." in page.text
    assert "ZEBRA" not in page.text
