from __future__ import annotations

import datetime as dt
import html
import json
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from hubs import tenancy
from hubs.models import Hub, Role, User
from hubs.wording import day, moment
from tests import factories, work
from tests.workgroups.views.pages import ClientOf, day_boxes, queries_of
from tests.workgroups.visits import letters_about
from workgroups import visit_drafts, visiting
from workgroups.models import (
    AgreedAction,
    InternalNote,
    MasterySpecialist,
    Place,
    PlaceState,
    Visit,
    VisitDraft,
    VisitState,
    WorkGroup,
)
from workgroups.visiting import ActionAgreed, VisitLog


@pytest.fixture
def group(hub: Hub, specialist: User) -> WorkGroup:
    """A group of this year, led by the member who is a Specialist."""
    return work.make_group(hub, "Ash Group", specialist=work.make_specialist(hub, user=specialist))


def place_of(group: WorkGroup, name: str = "Ash Lane Primary School") -> Place:
    accepted = dt.datetime(group.stage_year.year, 6, 20, 12, tzinfo=work.LONDON)
    return work.make_place(group.hub, factories.make_school(name), group=group, accepted_at=accepted)


@pytest.fixture
def place(group: WorkGroup) -> Place:
    return place_of(group)


@pytest.fixture
def console(specialist: User, client_of: ClientOf) -> Client:
    """The Specialist's."""
    return client_of(specialist)


def url(place: Place, name: str = "visit", *, term: int = 1, number: int = 1) -> str:
    return reverse(name, args=[place.hub.slug, place.pk, term, number])


def boxes(moment: dt.datetime) -> dict[str, str]:
    return day_boxes("day", timezone.localdate(moment))


def an_hour(days: int) -> dt.datetime:
    """Half past nine in the morning, some days from today."""
    on = timezone.localdate() + dt.timedelta(days=days)
    return dt.datetime.combine(on, dt.time(9, 30), work.LONDON)


def typed(**changes: str) -> dict[str, str]:
    """A visit of three days ago, as it is typed."""
    return {
        **boxes(an_hour(-3)),
        "starts": "9:30am",
        "half_days": "1",
        "teachers_half_days": "2",
        "met": "Both lead teachers",
        "shared_note": "We looked at bar models.",
        "internal_note": "The head is about to leave.",
        "action_1_text": "Draw bars",
        "action_1_who": "Tess",
        "action_1_due_day": "15",
        "action_1_due_month": "1",
        "action_1_due_year": str(timezone.localdate().year + 1),
        **changes,
    }


def text_of(response: Any) -> str:
    return html.unescape(response.content.decode())


def visits_of(place: Place) -> list[Visit]:
    with tenancy.use(place.hub):
        return list(Visit.objects.filter(place=place).order_by("pk"))


def draft_of(place: Place) -> VisitDraft | None:
    with tenancy.use(place.hub):
        return VisitDraft.objects.filter(place=place).first()


def held(place: Place, actor: User, **fields: Any) -> Visit:
    values: dict[str, Any] = {
        "starts_at": an_hour(-3),
        "half_days": 1,
        "teachers_half_days": 2,
        "met": "Both lead teachers",
        "shared_note": "We looked at bar models.",
        "internal_note": "The head is about to leave.",
        "actions": (ActionAgreed("Draw bars", "Tess"),),
        **fields,
    }
    with tenancy.use(place.hub):
        return visiting.log_visit(
            place=place,
            term=1,
            number=1,
            log=VisitLog(**values),
            actor=factories.membership_of(actor, place.hub),
            now=timezone.now(),
        )


# --- The list -------------------------------------------------------------------------------------


def rows(response: Any) -> list[tuple[str, str]]:
    return [(row.place.school_now.name, row.slot.state.value) for row in response.context["page"]]


def test_the_list_begins_with_what_needs_somebody(
    group: WorkGroup, console: Client, specialist: User, hub: Hub
) -> None:
    to_log, arranged, done = (place_of(group, name) for name in ("To log", "Arranged", "Done"))
    work.make_visit(to_log, starts_at=an_hour(-5))
    work.make_visit(arranged, starts_at=an_hour(5))
    held(done, specialist)
    response = console.get(reverse("visit_list", args=[hub.slug]))
    of_autumn = [row for row in rows(response) if row[0] in ("To log", "Arranged", "Done") and row[1] != "to_arrange"]
    assert [row for row in of_autumn if row[1] in ("to_log", "arranged", "held")][:2] == [
        ("To log", "to_log"),
        ("Arranged", "arranged"),
    ]
    figures = {figure.label: figure.value for figure in response.context["figures"]}
    assert (figures["To log"], figures["Arranged"]) == (1, 1)


def test_a_specialist_sees_her_own_schools_and_the_hub_all(
    hub: Hub, group: WorkGroup, place: Place, console: Client, lead: User, client_of: ClientOf
) -> None:
    other = place_of(work.make_group(hub, specialist=work.make_specialist(hub, "Olga Other")), "Birch Road")
    for one in (place, other):
        work.make_visit(one, starts_at=an_hour(-1))
    address = reverse("visit_list", args=[hub.slug])
    hers, of_hub = console.get(address), client_of(lead).get(address)
    assert {name for name, _ in rows(hers)} == {"Ash Lane Primary School"}
    assert "specialist" not in hers.context["form"].fields
    assert {name for name, _ in rows(of_hub)} == {"Ash Lane Primary School", "Birch Road"}
    with tenancy.use(hub):
        olga = MasterySpecialist.objects.get(name="Olga Other")
    of_olga = client_of(lead).get(address, {"specialist": olga.pk})
    assert {name for name, _ in rows(of_olga)} == {"Birch Road"}
    assert [one.label for one in of_olga.context["chosen"]] == ["Olga Other"]


def test_the_list_is_filtered_by_state(group: WorkGroup, place: Place, console: Client, hub: Hub) -> None:
    work.make_visit(place, starts_at=an_hour(-1))
    work.make_visit(place_of(group, "Birch Road"), starts_at=an_hour(1))
    address = reverse("visit_list", args=[hub.slug])
    assert rows(console.get(address, {"state": "to_log"})) == [("Ash Lane Primary School", "to_log")]
    nothing = console.get(address, {"state": "missed"})
    assert "No visit fits these filters" in text_of(nothing)
    assert len(rows(console.get(address, {"state": "nonsense"}))) >= 2


def test_an_empty_list_says_where_visits_come_from(hub: Hub, group: WorkGroup, console: Client, lead: User) -> None:
    assert "Once schools are in your Work Groups" in text_of(console.get(reverse("visit_list", args=[hub.slug])))


def test_a_visit_of_last_year_that_nobody_has_logged_is_still_there(
    hub: Hub, specialist: User, console: Client
) -> None:
    with tenancy.use(hub):
        who = MasterySpecialist.objects.filter(user=specialist).first() or work.make_specialist(hub, user=specialist)
    last_year = work.stage_year_of(year=work.this_year() - 1)
    forgotten, past = (
        place_of(work.make_group(hub, specialist=who, stage_year=last_year), name) for name in ("Forgotten", "Past")
    )
    work.make_visit(forgotten, term=3, starts_at=an_hour(-200))
    work.make_visit(past, term=3, state=VisitState.MISSED, missed_reason="Snow", starts_at=an_hour(-200))
    assert rows(console.get(reverse("visit_list", args=[hub.slug]))) == [("Forgotten", "to_log")]


def test_a_school_that_has_become_an_academy_is_listed_as_that(hub: Hub, place: Place, console: Client) -> None:
    work.make_visit(place, starts_at=an_hour(-1))
    factories.go_on_as(place.school, factories.make_school("Birch Academy"))
    assert ("Birch Academy", "to_log") in rows(console.get(reverse("visit_list", args=[hub.slug])))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("who", ["specialist", "lead"])
def test_the_list_takes_as_many_queries_for_three_schools_as_for_one(
    request: pytest.FixtureRequest, hub: Hub, group: WorkGroup, client_of: ClientOf, who: str
) -> None:
    client = client_of(request.getfixturevalue(who))
    counts = []
    for number in range(3):
        school = place_of(group, f"School {number}")
        work.make_visit(school, starts_at=an_hour(-number))
        factories.go_on_as(school.school, factories.make_school(f"Academy {number}"))
        counts.append(queries_of(client, reverse("visit_list", args=[hub.slug])))
    assert counts[0] == counts[2] <= 10


# --- The page -------------------------------------------------------------------------------------


def test_a_visit_that_is_not_arranged_shows_whom_to_ask_and_by_when(place: Place, console: Client) -> None:
    page = text_of(console.get(url(place)))
    assert "Arrange the visit" in page and "It was held: write it up" in page
    assert "mailto:head@school.example" in page and f"mailto:teacher1.{place.pk}@school.example" in page


def test_a_visit_of_a_term_that_is_far_off_is_arranged_and_not_written_up(
    hub: Hub, specialist: User, console: Client
) -> None:
    year = work.stage_year_of(year=work.this_year() + 1)
    group = work.make_group(hub, specialist=work.make_specialist(hub, user=specialist), stage_year=year)
    page = text_of(console.get(url(place_of(group), term=3)))
    assert "Arrange the visit" in page and "write it up" not in page


def test_an_arranged_visit_is_moved_prepared_or_missed(place: Place, console: Client) -> None:
    work.make_visit(place, starts_at=an_hour(4))
    page = text_of(console.get(url(place)))
    assert all(words in page for words in ("Move it", "Prepare the note", "It did not take place"))
    assert "Arrange the visit" not in page


def test_a_visit_to_a_school_that_has_left_is_written_up_or_missed_and_not_moved(
    place: Place, lead: User, client_of: ClientOf
) -> None:
    work.make_visit(place, starts_at=an_hour(-4))
    with tenancy.use(place.hub):
        Place.objects.filter(pk=place.pk).update(state=PlaceState.LEFT, group=None, specialist_school=None)
    client = client_of(lead)
    page = text_of(client.get(url(place)))
    assert "Write it up" in page and "It did not take place" in page and "Move it" not in page
    assert "move the visit" not in text_of(client.get(url(place, "visit_missed")))
    answer = text_of(client.post(url(place, "visit_arrange"), {}, follow=True))
    assert "Ash Lane Primary School is in no Work Group, so no visit can be moved." in answer


def test_a_held_visit_shows_both_notes_and_says_who_reads_which(
    place: Place, console: Client, specialist: User
) -> None:
    held(place, specialist)
    page = text_of(console.get(url(place)))
    shared, internal = page.index("The school reads this"), page.index("Only the hub sees this")
    assert shared < page.index("We looked at bar models.") < internal < page.index("The head is about to leave.")
    assert "Draw bars" in page and "Put it right" in page


def test_who_reads_the_hubs_messages_finds_the_letters_of_a_visit(
    place: Place, console: Client, lead: User, specialist: User, client_of: ClientOf
) -> None:
    held(place, specialist)
    subject = f"The note on our visit is on your page: {place.school.name}"
    assert text_of(client_of(lead).get(url(place))).count(subject) == 3
    assert subject not in text_of(console.get(url(place)))


def test_the_place_shows_what_was_agreed_and_leads_to_its_visits(
    place: Place, console: Client, specialist: User
) -> None:
    held(place, specialist)
    page = text_of(console.get(reverse("place", args=[place.hub.slug, place.pk])))
    assert "Draw bars" in page and url(place) in page
    assert url(place) in text_of(console.get(reverse("group", args=[place.hub.slug, place.group_id])))


def test_the_next_visit_begins_with_what_is_open(place: Place, console: Client, specialist: User) -> None:
    held(place, specialist)
    page = text_of(console.get(url(place, term=2)))
    assert "To begin with: what was agreed" in page and "Draw bars" in page
    with tenancy.use(place.hub):
        AgreedAction.objects.update(done_on=timezone.localdate())
    assert "Draw bars" not in text_of(console.get(url(place, term=2)))


def test_a_missed_visit_says_why_and_offers_another(place: Place, console: Client) -> None:
    missed = work.make_visit(place, starts_at=an_hour(-9), state=VisitState.MISSED, missed_reason="Snow")
    page = text_of(console.get(url(place)))
    assert f"on {moment(missed.starts_at)}" in page and "Snow" in page and "Arrange another one" in page


def test_a_slot_that_there_is_not_is_not_found(place: Place, console: Client) -> None:
    for term, number in ((4, 1), (0, 1), (1, 9), (1, 0)):
        assert console.get(url(place, term=term, number=number)).status_code == 404
    assert console.get(url(place, number=2)).status_code == 200


def test_anothers_school_is_not_found(hub: Hub, place: Place, client_of: ClientOf) -> None:
    other = factories.make_member(hub, Role.MASTERY_SPECIALIST, "Olga Other")
    work.make_group(hub, specialist=work.make_specialist(hub, user=other))
    action = work.make_action(work.make_visit(place))
    client = client_of(other)
    for name in ("visit", "visit_arrange", "visit_log", "visit_draft", "visit_missed", "visit_put_right"):
        got, posted = client.get(url(place, name)).status_code, client.post(url(place, name)).status_code
        assert (got, posted) == (404, 405 if name == "visit" else 404)
    assert client.post(reverse("action_done", args=[hub.slug, action.pk])).status_code == 404


# --- Arranging ------------------------------------------------------------------------------------


def when(moment: dt.datetime, **changes: str) -> dict[str, str]:
    return {**boxes(moment), "starts": "9.30", "half_days": "1", **changes}


def send(place: Place, console: Client, data: dict[str, str]) -> Any:
    """Send the form; where the day is warned of, once more, as one does."""
    response = console.post(url(place, "visit_arrange"), data, follow=True)
    if warned := response.context and "form" in response.context and response.context["form"]["warned_of"].value():
        response = console.post(url(place, "visit_arrange"), {**data, "warned_of": warned}, follow=True)
    return response


def test_a_visit_is_arranged_and_moved(place: Place, console: Client) -> None:
    response = send(place, console, when(an_hour(6)))
    assert f"is arranged for {moment(an_hour(6))}." in text_of(response)
    [visit] = visits_of(place)
    assert (visit.starts_at, visit.state) == (an_hour(6), VisitState.ARRANGED)
    form = console.get(url(place, "visit_arrange"))
    assert f'value="{an_hour(6):%H:%M}"' in text_of(form) and "Move the visit" in text_of(form)
    response = send(place, console, when(an_hour(8), half_days="2"))
    assert f"is moved to {moment(an_hour(8))}." in text_of(response)
    assert [(one.starts_at, one.half_days) for one in visits_of(place)] == [(an_hour(8), 2)]


@pytest.mark.parametrize("moved", [False, True])
def test_a_day_without_children_is_warned_of_before_anything_is_saved(
    place: Place, console: Client, moved: bool
) -> None:
    saturday, sunday = (next(an_hour(n) for n in range(1, 9) if an_hour(n).weekday() == day) for day in (5, 6))
    before = an_hour(20)
    if moved:
        work.make_visit(place, starts_at=before)
    warning = f"Children do not come on {day(saturday)}: it is a Saturday."

    response = console.post(url(place, "visit_arrange"), when(saturday))

    assert "Check the date" in text_of(response) and warning in text_of(response)
    assert ("Move it all the same" if moved else "Arrange it all the same") in text_of(response)
    assert [one.starts_at for one in visits_of(place)] == ([before] if moved else [])
    warned = {"warned_of": response.context["form"]["warned_of"].value()}
    # Another such day is warned of anew.
    assert "it is a Sunday" in text_of(console.post(url(place, "visit_arrange"), when(sunday, **warned)))
    response = console.post(url(place, "visit_arrange"), when(saturday, **warned), follow=True)
    assert f"{'moved to' if moved else 'arranged for'} {moment(saturday)}." in text_of(response)
    assert [one.starts_at for one in visits_of(place)] == [saturday]
    # At another time of the day that stands nothing is asked.
    later = console.post(url(place, "visit_arrange"), when(saturday, starts="11:00"))
    assert later.status_code == 302


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"day_day": "", "day_month": "", "day_year": ""}, "Enter the day"),
        ({"day_year": "2019"}, "Enter a day to come"),
        ({"day_year": "2099"}, "Enter a day within this academic year or the next"),
        ({"starts": ""}, "Enter when it starts, like 9:30am"),
        ({"starts": "soon"}, "Enter a time like 1:30pm or 13:30"),
        ({"half_days": "9"}, "Select how long it takes"),
    ],
)
def test_a_mistake_in_arranging_is_said_and_nothing_is_arranged(
    place: Place, console: Client, wrong: dict[str, str], message: str
) -> None:
    response = console.post(url(place, "visit_arrange"), when(an_hour(6), **wrong))
    assert message in text_of(response)
    assert visits_of(place) == []


def test_there_is_nothing_to_arrange_where_it_was_held_or_without_a_group(
    place: Place, console: Client, specialist: User, lead: User, client_of: ClientOf
) -> None:
    held(place, specialist)
    response = console.get(url(place, "visit_arrange"), follow=True)
    assert "The autumn visit is logged already." in text_of(response)
    with tenancy.use(place.hub):
        Place.objects.filter(pk=place.pk).update(state=PlaceState.LEFT, group=None, specialist_school=None)
    work_left = work.make_place(place.hub)
    client = client_of(lead)
    assert client.get(url(place)).status_code == 200
    assert client.get(url(work_left)).status_code == 404


# --- Writing up -----------------------------------------------------------------------------------


def test_the_form_begins_with_what_was_arranged_and_agreed(place: Place, console: Client, specialist: User) -> None:
    held(place, specialist)
    work.make_visit(place, term=2, starts_at=an_hour(-1), half_days=2)
    form = console.get(url(place, "visit_log", term=2)).context["form"]
    assert (form["day"].value(), form["starts"].value(), form["half_days"].value()) == (
        an_hour(-1).date(),
        "09:30",
        2,
    )
    assert [label for _, label in form.fields["done"].choices] == ["Draw bars"]


def test_a_visit_is_logged_and_the_school_is_told(place: Place, console: Client) -> None:
    response = console.post(url(place, "visit_log"), typed(), follow=True)
    assert (
        "The autumn visit is logged. A letter with the way to the note is on its way to "
        "Hana Head, Teacher 1 and Teacher 2." in text_of(response)
    )
    [visit] = visits_of(place)
    assert (visit.state, visit.starts_at, visit.met) == (VisitState.HELD, an_hour(-3), "Both lead teachers")
    with tenancy.use(place.hub):
        [action] = AgreedAction.objects.all()
        assert InternalNote.objects.get(visit=visit).text == "The head is about to leave."
    assert (action.text, action.who) == ("Draw bars", "Tess") and action.due_on and action.due_on.day == 15
    assert len(letters_about(visit)) == 3


def test_sent_twice_it_is_one(place: Place, console: Client) -> None:
    earlier = work.make_action(work.make_visit(place, number=2))
    sent = typed() | {"done": str(earlier.pk)}
    for _ in range(2):
        assert "The autumn visit is logged." in text_of(console.post(url(place, "visit_log"), sent, follow=True))
    assert len(visits_of(place)) == 2
    with tenancy.use(place.hub):
        earlier.refresh_from_db()
    assert earlier.done_on == an_hour(-3).date()
    assert len(letters_about(visits_of(place)[-1])) == 3


def test_a_log_that_somebody_was_quicker_with_is_not_lost(place: Place, console: Client, lead: User) -> None:
    held(place, lead, shared_note="The lead’s words.")
    response = console.post(url(place, "visit_log"), typed(shared_note="Words of an hour."))
    assert "logged already" in text_of(response) and "Words of an hour." in text_of(response)
    assert visits_of(place)[0].shared_note == "The lead’s words."


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"day_month": "13"}, "Enter a real date"),
        ({"starts": ""}, "Enter when it started, like 9:30am"),
        ({"met": " "}, "Enter whom you met"),
        ({"shared_note": ""}, "Write a note for the school"),
        ({"shared_note": "x" * 5001}, "Write 5,000 characters or fewer"),
        ({"teachers_half_days": ""}, "Choose how long the lead teachers were released, or none"),
        ({"half_days": ""}, "Select how long"),
        ({"action_1_text": ""}, "Enter what was agreed as action 1, or leave it empty"),
        ({"action_1_text": "x" * 501}, "Write action 1 in 500 characters"),
        ({"action_6_who": "Tess"}, "Enter what was agreed as action 6, or leave it empty"),
        ({"done": "x"}, "Tick what stands in the list"),
        (boxes(an_hour(1)), "Enter a day and time that have passed"),
    ],
)
def test_a_mistake_is_said_and_nothing_typed_is_lost(
    place: Place, console: Client, wrong: dict[str, str], message: str
) -> None:
    work.make_action(work.make_visit(place, number=2))
    response = console.post(url(place, "visit_log"), typed(**wrong))
    page = text_of(response)
    assert message in page
    assert "The head is about to leave." in page
    assert len(visits_of(place)) == 1
    # What is folded away opens where something is wrong in it.
    assert ('<details class="govuk-details" open>' in page) == ("action_6_who" in wrong)


def sent_signed_out(console: Client, specialist: User, address: str, sent: dict[str, str]) -> Any:
    """The page after signing in again, the session having ended before this was sent."""
    console.get(reverse("visit_list", args=["northvale"]))
    Session.objects.all().delete()
    assert console.post(address, sent).status_code == 302
    console.force_login(specialist, backend="allauth.account.auth_backends.AuthenticationBackend")
    return console.get(address)


def test_a_form_that_was_sent_signed_out_stands_there_again(place: Place, console: Client, specialist: User) -> None:
    page = sent_signed_out(console, specialist, url(place, "visit_log"), typed(met="The whole team"))
    form = page.context["form"]
    assert form["met"].value() == "The whole team"
    assert form["action_1_due"].value().endswith("-1-15")
    assert visits_of(place) == []


def test_who_saves_signed_out_finds_it_in_the_form(place: Place, console: Client, specialist: User) -> None:
    page = sent_signed_out(console, specialist, url(place, "visit_draft"), typed(met="The whole team"))
    assert page.context["form"]["met"].value() == "The whole team"
    assert f'action="{url(place, "visit_log")}"' in text_of(page)
    assert console.get(url(place, "visit_draft")).status_code == 302


# --- Drafts ---------------------------------------------------------------------------------------


def autosave(console: Client, place: Place, changed: list[str], seen: str = "", **fields: str) -> Any:
    sent = {**typed(), **fields, "changed": changed, "seen": seen}
    return console.post(url(place, "visit_draft"), sent, headers={"Accept": "application/json"})


def test_what_is_written_is_there_again_on_another_device(
    place: Place, console: Client, specialist: User, client_of: ClientOf
) -> None:
    answer = autosave(console, place, ["shared_note"], shared_note="We began with")
    assert answer.status_code == 200 and answer.json()["said"].startswith("Saved at ")
    phone = client_of(specialist)
    assert "You began to write it up on" in text_of(phone.get(url(place)))
    form = phone.get(url(place, "visit_log")).context["form"]
    assert form["shared_note"].value() == "We began with"
    assert (form["met"].value(), form["half_days"].value()) == ("Both lead teachers", "1")
    assert form["day"].value() == f"{an_hour(-3).year}-{an_hour(-3).month}-{an_hour(-3).day}"


def test_of_two_windows_each_saves_its_own_and_is_told_of_the_other(place: Place, console: Client) -> None:
    first = autosave(console, place, ["met"], met="The head").json()
    second = autosave(console, place, ["shared_note"], seen=first["seen"], met="stale", shared_note="Bars").json()
    assert second["said"].startswith("Saved at") and "another window" not in second["said"]
    third = autosave(console, place, ["met"], seen=first["seen"], met="Both", shared_note="stale").json()
    assert "You have also written in another window" in third["said"]
    draft = draft_of(place)
    assert draft and (draft.answers["met"], draft.answers["shared_note"]) == (["Both"], ["Bars"])


def test_only_what_the_form_asks_is_kept(place: Place, console: Client) -> None:
    autosave(console, place, ["met"], evil="x")
    draft = draft_of(place)
    assert draft and not {"evil", "seen", "changed", "csrfmiddlewaretoken"} & set(draft.answers)
    assert {"met", "action_6_due_year", "internal_note"} <= set(draft.answers)


def test_a_button_saves_where_nothing_saves_by_itself(place: Place, console: Client) -> None:
    response = console.post(url(place, "visit_draft"), typed(shared_note="Half a note"), follow=True)
    assert "Saved for you alone." in text_of(response) and "You began to write it up" in text_of(response)
    assert console.get(url(place, "visit_log")).context["form"]["shared_note"].value() == "Half a note"


def test_a_draft_is_its_authors_alone(place: Place, console: Client, lead: User, client_of: ClientOf) -> None:
    autosave(console, place, ["shared_note"], shared_note="Hers alone")
    client = client_of(lead)
    for name in ("visit", "visit_log"):
        page = text_of(client.get(url(place, name)))
        assert "Hers alone" not in page and "You began" not in page and "You go on" not in page


def test_a_draft_becomes_the_log_and_is_gone(place: Place, console: Client) -> None:
    autosave(console, place, ["shared_note"])
    console.post(url(place, "visit_log"), typed())
    assert draft_of(place) is None
    late = autosave(console, place, ["shared_note"])
    assert (late.status_code, late.json()["said"]) == (
        409,
        "This visit is logged already. What you typed here is not saved.",
    )
    assert draft_of(place) is None


def test_a_draft_of_what_somebody_else_has_logged_is_shown_to_its_author(
    place: Place, console: Client, lead: User
) -> None:
    autosave(console, place, ["shared_note"], shared_note="My own words")
    held(place, lead)
    page = text_of(console.get(url(place)))
    assert "You had begun to write about this visit as well" in page and "My own words" in page
    response = console.post(url(place, "visit_draft"), {"drop": "yes"}, follow=True)
    assert "Your draft is deleted." in text_of(response) and "My own words" not in text_of(response)
    assert draft_of(place) is None


def test_what_is_too_long_is_refused_with_a_sentence(place: Place, console: Client) -> None:
    answer = autosave(console, place, ["shared_note"], shared_note="x" * visit_drafts.MOST_CHARACTERS)
    assert (answer.status_code, json.loads(answer.content)["said"]) == (
        409,
        "This is more than can be saved. Shorten it.",
    )
    response = console.post(
        url(place, "visit_draft"), typed(shared_note="x" * visit_drafts.MOST_CHARACTERS), follow=True
    )
    assert "This is more than can be saved." in text_of(response)


# --- Missing and putting right --------------------------------------------------------------------


def test_a_visit_that_did_not_take_place(place: Place, console: Client) -> None:
    visit = work.make_visit(place, starts_at=an_hour(-1))
    address = url(place, "visit_missed")
    typed = console.get(address).context["form"].initial
    assert typed["visit"] == visit.pk
    assert "Enter why it did not take place" in text_of(console.post(address, {**typed, "reason": " "}))
    for reason, said in (("Snow", "Arrange another one."), ("Snow", "Arrange another one."), ("Ice", "place: Snow.")):
        response = console.post(address, {**typed, "reason": reason}, follow=True)
        assert said in text_of(response)
        assert [(one.state, one.missed_reason) for one in visits_of(place)] == [(VisitState.MISSED, "Snow")]
    elsewhere = work.make_visit(work.make_place(place.hub, group=place.group))
    in_spring = work.make_visit(place, term=2)
    for key in (str(elsewhere.pk), str(in_spring.pk), "9" * 30, "x"):
        assert console.post(address, {"visit": key, "reason": "Snow"}).status_code == 404


def test_a_visit_that_nobody_has_arranged_is_marked_as_missed(place: Place, console: Client) -> None:
    summer_before = dt.datetime(place.stage_year.year, 6, 20, 12, tzinfo=work.LONDON)
    with tenancy.use(place.hub):
        group = place.group
    place = work.make_place(place.hub, group=group, accepted_at=summer_before)
    address = url(place, "visit_missed")
    assert address in text_of(console.get(url(place)))
    assert "Mark the autumn visit as missed" in text_of(console.get(address))
    assert "Enter why it did not take place" in text_of(console.post(address, {"visit": "", "reason": " "}))
    for _ in range(2):
        response = console.post(address, {"visit": "", "reason": "The school asked for none."}, follow=True)
        assert "The autumn visit is marked as missed." in text_of(response)
    page = text_of(console.get(url(place)))
    assert "The school asked for none." in page and "Nothing was arranged." in page and address not in page
    assert len(visits_of(place)) == 1
    assert "The autumn visit is marked as missed already." in text_of(console.get(address, follow=True))
    other = console.post(address, {"visit": "", "reason": "Nobody had time."}, follow=True)
    assert "is marked as missed already: The school asked for none." in text_of(other)


def test_a_log_is_put_right_with_a_reason(place: Place, console: Client, specialist: User) -> None:
    held(place, specialist)
    form = console.get(url(place, "visit_put_right")).context["form"]
    assert (form["shared_note"].value(), form["action_1_text"].value()) == ("We looked at bar models.", "Draw bars")
    sent = typed(half_days="2", action_1_text="Draw bars daily", action_1_key=str(form["action_1_key"].value()))
    response = console.post(url(place, "visit_put_right"), sent)
    assert "Enter why: it stays on the timeline" in text_of(response)
    response = console.post(url(place, "visit_put_right"), {**sent, "reason": "It took all day."}, follow=True)
    assert "It is put right." in text_of(response) and "It took all day." in text_of(response)
    assert visits_of(place)[0].half_days == 2
    with tenancy.use(place.hub):
        assert [action.text for action in AgreedAction.objects.all()] == ["Draw bars daily"]


def as_opened(form: Any) -> dict[str, str]:
    """What a browser would send of a form as it is shown."""
    shown = {name: str(form[name].value()) for name in form.fields if form[name].value() is not None}
    boxes = {
        f"{name}_{part}": str(getattr(value, part))
        for name in form.fields
        if isinstance(value := form[name].value(), dt.date)
        for part in ("day", "month", "year")
    }
    return shown | boxes


def test_what_another_has_put_right_meanwhile_is_shown_before_it_is_replaced(
    place: Place, console: Client, specialist: User
) -> None:
    held(place, specialist)
    address = url(place, "visit_put_right")
    opened = as_opened(console.get(address).context["form"])
    console.post(address, {**opened, "half_days": "2", "reason": "It took all day."})

    mine = {**opened, "met": "The head", "reason": "A slip."}
    shown = console.post(address, mine)

    form = shown.context["form"]
    assert form.standing == [("Whom you met", "Both lead teachers"), ("How long it took of your time", "1 day")]
    assert "This has changed since you opened it. Recorded by you, " in text_of(shown)
    assert (visits_of(place)[0].half_days, visits_of(place)[0].met) == (2, "Both lead teachers")
    for said in ("It is put right.", "It is as it was: nothing was changed."):
        response = console.post(address, {**mine, "seen": form["seen"].value()}, follow=True)
        assert said in text_of(response)
    assert (visits_of(place)[0].half_days, visits_of(place)[0].met) == (1, "The head")


def test_rows_of_a_form_keep_to_their_actions_when_one_is_done_meanwhile(
    place: Place, console: Client, specialist: User
) -> None:
    held(place, specialist, actions=(ActionAgreed("Draw bars"), ActionAgreed("Count on")))
    address = url(place, "visit_put_right")
    opened = as_opened(console.get(address).context["form"])
    with tenancy.use(place.hub):
        AgreedAction.objects.filter(text="Draw bars").update(done_on=timezone.localdate())

    console.post(address, {**opened, "action_2_text": "Count on in tens", "reason": "A slip."})

    with tenancy.use(place.hub):
        rows = AgreedAction.objects.order_by("position").values_list("text", "done_on")
        assert list(rows) == [("Draw bars", timezone.localdate()), ("Count on in tens", None)]


def test_an_action_that_the_form_did_not_show_stays(place: Place, console: Client, specialist: User) -> None:
    held(place, specialist, actions=(ActionAgreed("Draw bars"), ActionAgreed("Count on")))
    with tenancy.use(place.hub):
        AgreedAction.objects.filter(text="Draw bars").update(done_on=timezone.localdate())
    address = url(place, "visit_put_right")
    opened = as_opened(console.get(address).context["form"])
    with tenancy.use(place.hub):
        AgreedAction.objects.filter(text="Draw bars").update(done_on=None)

    console.post(address, {**opened, "met": "The head", "reason": "A slip."})

    with tenancy.use(place.hub):
        assert set(AgreedAction.objects.values_list("text", flat=True)) == {"Draw bars", "Count on"}


def test_rows_beyond_those_of_a_new_log_are_read_when_some_are_done_meanwhile(
    place: Place, console: Client, specialist: User
) -> None:
    held(place, specialist, actions=tuple(ActionAgreed(f"Action {number}") for number in range(1, 9)))
    address = url(place, "visit_put_right")
    opened = as_opened(console.get(address).context["form"])
    with tenancy.use(place.hub):
        AgreedAction.objects.filter(text__in=["Action 1", "Action 2"]).update(done_on=timezone.localdate())

    console.post(address, {**opened, "action_8_text": "Action 8 in full", "reason": "A slip."})

    with tenancy.use(place.hub):
        texts = list(AgreedAction.objects.order_by("position").values_list("text", flat=True))
    assert texts == [*(f"Action {number}" for number in range(1, 8)), "Action 8 in full"]


def test_what_is_not_logged_cannot_be_put_right(place: Place, console: Client) -> None:
    response = console.get(url(place, "visit_put_right"), follow=True)
    assert "not logged yet" in text_of(response)


def test_a_correction_that_was_sent_signed_out_stands_there_again(
    place: Place, console: Client, specialist: User
) -> None:
    held(place, specialist)
    sent = {**typed(met="The whole team"), "reason": "A slip"}
    form = sent_signed_out(console, specialist, url(place, "visit_put_right"), sent).context["form"]
    assert (form["met"].value(), form["reason"].value()) == ("The whole team", "A slip")


# --- Actions --------------------------------------------------------------------------------------


def test_an_action_is_done_and_not_done_after_all_by_a_button(place: Place, console: Client, hub: Hub) -> None:
    action = work.make_action(work.make_visit(place), "Draw bars")
    address = reverse("action_done", args=[hub.slug, action.pk])
    assert console.get(address, follow=True).redirect_chain[-1][0] == url(place)
    with tenancy.use(hub):
        action.refresh_from_db()
    assert action.done_on is None
    page = text_of(console.post(address, follow=True))
    assert "Done: Draw bars" in page
    page = text_of(console.post(address, {"undo": "yes"}, follow=True))
    assert "Not done after all: Draw bars" in page
    assert day(timezone.localdate()) in page or "Draw bars" in page
