"""What only the hub is to read stands nowhere that a school can look: a marked note is looked for in all of it.

A source is a function from the scene to texts by where they stand; add one wherever a school gets to see something
new. Pages behind a link are found by walking the URLs, so a new one is looked at by itself, or asks to be.
"""

from __future__ import annotations

import datetime as dt
import html
import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, reverse
from django.utils import timezone

from correspondence import deriving
from correspondence.models import Message
from funding import ledger
from funding.models import ReleaseEntry
from hubs import tenancy
from hubs.access import access_of
from hubs.links import Purpose, make_token
from hubs.models import Hub, Membership, User
from reports.report_makers import REPORTS
from tests import factories, work
from tests.hubs.test_access import OURS
from workgroups import holding, planning, visiting
from workgroups.agreed_actions import mark_action_done
from workgroups.models import CalendarFeed, InternalNote, Meeting, Place, Visit, WorkGroup
from workgroups.visiting import ActionAgreed, VisitLog

INTERNAL = "Seal-breaker-of-the-hub"
# Stands in what the school does read: where that is looked for and not found, the looking is in vain.
SHARED = "Bar-models-for-the-school"

Texts = dict[str, str]


@dataclass(frozen=True)
class Scene:
    """A school that was visited and whose group has met, each with a note of either kind."""

    hub: Hub
    group: WorkGroup
    place: Place
    visit: Visit
    meeting: Meeting
    # Days that the school has logged itself.
    release: ReleaseEntry
    actor: Membership


@pytest.fixture
def scene(hub: Hub, specialist: User) -> Scene:
    group = work.make_group(hub, specialist=work.make_specialist(hub, user=specialist))
    place = work.make_place(hub, group=group, accepted_at=timezone.now() - dt.timedelta(days=60))
    actor = factories.membership_of(specialist, hub)
    with tenancy.use(hub):
        return Scene(hub, group, place, _visited(place, actor), _met(group, actor), _logged(place), actor)


def _visited(place: Place, actor: Membership) -> Visit:
    """A visit that was logged, and put right."""
    now = timezone.now()
    log = VisitLog(
        starts_at=now - dt.timedelta(days=8),
        half_days=1,
        teachers_half_days=2,
        met="Both lead teachers",
        shared_note=f"{SHARED} at the visit",
        internal_note=f"{INTERNAL} as it was first written",
        actions=(ActionAgreed("Draw bars"),),
    )
    visit = visiting.log_visit(place=place, term=1, number=1, log=log, actor=actor, now=now)
    again = VisitLog(**{**vars(log), "half_days": 2, "internal_note": f"{INTERNAL} of the visit"})
    visiting.put_right_visit(visit=visit, log=again, reason="It took longer.", actor=actor, now=now)
    mark_action_done(action=visit.actions.latest("pk"), actor=actor, now=now)
    return visit


def _met(group: WorkGroup, actor: Membership) -> Meeting:
    """A meeting that was held and written up, and another one to come that is moved."""
    now = timezone.now()
    held = planning.plan_meeting(
        group=group, details=planning.MeetingDetails(starts_at=now - dt.timedelta(days=5)), actor=actor, now=now
    )
    holding.hold_meeting(
        meeting=held,
        marks=[holding.Marked(one, "present") for one in holding.who_is_marked(held)],
        record=holding.MeetingRecord(observed_lesson=f"{SHARED} at the meeting"),
        internal_note=f"{INTERNAL} of the meeting",
        actor=actor,
        now=now,
    )
    details = planning.MeetingDetails(starts_at=now + dt.timedelta(days=9), venue="Town hall")
    coming = planning.plan_meeting(group=group, details=details, actor=actor, now=now)
    moved = planning.MeetingDetails(starts_at=now + dt.timedelta(days=10), venue="Town hall")
    planning.change_meeting(meeting=coming, details=moved, actor=actor, now=now)
    return held


def _logged(place: Place) -> ReleaseEntry:
    """Days in school that the school logs by its link."""
    now = timezone.now()
    logged = ledger.InSchool(now.date() - dt.timedelta(days=12), 1, "Planning together", uuid.uuid4())
    return ledger.log_in_school(account=place, logged=logged, actor="Hana Head", now=now)


# --- Sources --------------------------------------------------------------------------------------


def letters(scene: Scene) -> Texts:
    """Every message that is queued, reminders of the weeks to come included."""
    with tenancy.use(scene.hub):
        for days in range(0, 60, 5):
            deriving.bring_up_to_date(now=timezone.now() + dt.timedelta(days=days))
        return {f"{message.kind} {message.pk}": f"{message.subject}\n{message.text}" for message in _messages()}


def pages_behind_links(scene: Scene) -> Texts:
    """Every page that opens for somebody without an account, by every link that there is for this school."""
    found = {}
    for name, pattern in _token_pages():
        for url in _addresses(scene, name, pattern):
            response = Client().get(url)
            found[url] = f"{response.content.decode()}\n{response.get('Location', '')}"
    return found


def documents(scene: Scene) -> Texts:
    """What each report is made of about this school, its group and the hub: its files say nothing else."""
    now, year = timezone.now(), scene.place.stage_year.year
    period = {"year": year, "first": f"{year}-09-01", "last": f"{year + 1}-08-31"}
    scopes = {"hub": None, "group": scene.group.pk, "specialist": scene.group.specialist_id, "place": scene.place.pk}
    with tenancy.use(scene.hub):
        return {
            f"{kind} of {scope}": json.dumps(maker.snapshot({**period, "scope": scope, "pk": pk}, now=now))
            for kind, maker in REPORTS.items()
            for scope, pk in scopes.items()
        }


SOURCES: dict[str, Callable[[Scene], Texts]] = {
    "letters": letters,
    "pages behind links": pages_behind_links,
    "documents": documents,
}


def _messages() -> Iterator[Message]:
    yield from Message.objects.order_by("pk")


def _token_pages() -> Iterator[tuple[str, URLPattern]]:
    for name, (_, pattern) in OURS.items():
        access = access_of(pattern.callback)
        if access and access.kind == "token":
            yield name, pattern


def _addresses(scene: Scene, name: str, pattern: URLPattern) -> list[str]:
    """The addresses of a page for this school: one for each link that was sent, or could be."""
    access = access_of(pattern.callback)
    assert access is not None
    others: dict[str, Any] = {"step_name": "check", "pk": scene.release.pk}
    unknown = set(pattern.pattern.converters) - {"token"} - set(others)
    assert not unknown, f"{name} takes {unknown}: say here what to fill in"
    filled = {key: value for key, value in others.items() if key in pattern.pattern.converters}
    return [
        reverse(name, kwargs={"token": make_token(purpose, hub_id=scene.hub.pk, subject_id=pk), **filled})
        for purpose, keys in _subjects(scene).items()
        for pk in keys
        if purpose == access.needs
    ]


def _subjects(scene: Scene) -> dict[Purpose, list[int]]:
    """What a link can be about, for this school."""
    with tenancy.use(scene.hub):
        feeds = {"made_at": timezone.now(), "made_by": scene.actor.user, "hub": scene.hub}
        CalendarFeed.objects.get_or_create(group=scene.group, ended_at=None, defaults=feeds)
        CalendarFeed.objects.get_or_create(specialist=scene.group.specialist, ended_at=None, defaults=feeds)
        expression = [scene.place.expression_id]
        return {
            "school-page": list(scene.place.links.values_list("pk", flat=True)),
            "calendar-feed": list(CalendarFeed.objects.values_list("pk", flat=True)),
            "offer-answer": expression,
            "expression-confirmation": expression,
            "expression-draft": expression,
            "invitation": [],
        }


# --- Looking --------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", SOURCES)
def test_no_internal_note_stands_where_a_school_can_look(scene: Scene, source: str) -> None:
    texts = SOURCES[source](scene)
    assert len(texts) >= 3
    assert [where for where, text in texts.items() if INTERNAL in text] == []


def test_every_link_leads_to_a_page_that_is_looked_at(scene: Scene) -> None:
    purposes = {access.needs for _, pattern in _token_pages() if (access := access_of(pattern.callback))}
    assert purposes <= set(_subjects(scene))


def test_what_the_school_may_read_is_found_by_the_same_looking(scene: Scene) -> None:
    pages = pages_behind_links(scene)
    own = [text for url, text in pages.items() if url.startswith("/school/") and url.count("/") == 3]
    assert len(own) == 3
    for text in own:
        assert f"{SHARED} at the visit" in text and f"{SHARED} at the meeting" in text
    assert any(message.startswith("visit-note") for message in letters(scene))


def test_the_hub_reads_both_notes(scene: Scene, lead: User, client_of: Callable[[User], Client]) -> None:
    client = client_of(lead)
    visit = reverse("visit", args=[scene.hub.slug, scene.place.pk, 1, 1])
    meeting = reverse("meeting", args=[scene.hub.slug, scene.meeting.pk])
    assert f"{INTERNAL} of the visit" in html.unescape(client.get(visit).content.decode())
    assert f"{INTERNAL} of the meeting" in html.unescape(client.get(meeting).content.decode())
    with tenancy.use(scene.hub):
        assert InternalNote.objects.count() == 2
