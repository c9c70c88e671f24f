from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import timezone
from kombu.exceptions import OperationalError
from pytest_django import DjangoCaptureOnCommitCallbacks

from hubadmin.celery import app
from hubs import tenancy
from hubs.models import Hub, HubArea, Membership, Role
from programmes import following, tasks
from programmes.models import ExpressionOfInterest, SchoolChange
from schools.ancestry import rule
from schools.models import School
from schools.register import import_register
from tests import factories
from tests.schools.registers import ROW, as_csv


def test_at_night_the_abandoned_drafts_of_every_hub_are_removed(hub: Hub, other_hub: Hub) -> None:
    long_ago = timezone.now() - dt.timedelta(days=61)
    kept = []
    for one in (hub, other_hub):
        window = factories.make_window(one)
        factories.make_draft(window, touched_at=long_ago)
        kept.append(factories.make_draft(window))

    tasks.purge_drafts()
    tasks.purge_drafts()

    for one, young in zip((hub, other_hub), kept, strict=True):
        with tenancy.use(one):
            assert list(ExpressionOfInterest.objects.all()) == [young]


# --- Changes of the register -----------------------------------------------------------------------


@pytest.fixture
def at_once() -> Iterator[None]:
    """Tasks run when they are queued, and what goes wrong in one stays in it, as in a worker."""
    app.conf.task_always_eager = True
    yield
    app.conf.task_always_eager = False


@pytest.fixture
def expression(hub: Hub) -> ExpressionOfInterest:
    """Of a school that is about to become an academy."""
    return factories.make_expression(factories.make_window(hub), factories.make_school("Ash Lane", urn=900_001))


@pytest.fixture
def actor(hub: Hub) -> Membership:
    """Who rules on schools of the area."""
    return factories.membership_of(factories.make_member(hub, Role.HUB_LEAD, "Ann Able"), hub)


def told(hub: Hub) -> list[str]:
    with tenancy.use(hub):
        return [change.text for change in SchoolChange.objects.unseen()]


def test_a_hub_hears_of_its_school_after_an_import(
    at_once: None,
    expression: ExpressionOfInterest,
    tmp_path: Path,
    now: dt.datetime,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    closed = {**ROW, "EstablishmentName": "Ash Lane", "EstablishmentStatus (code)": "2", "CloseDate": "31-08-2026"}
    academy = {**ROW, "URN": "900002", "EstablishmentName": "Birch Academy"}
    register, links = tmp_path / "edubasealldata20261120.csv", tmp_path / "links_edubasealldata20261120.csv"
    register.write_text(as_csv(closed, academy), encoding="cp1252", newline="")
    links.write_text(
        "URN,LinkURN,LinkName,LinkType,LinkEstablishedDate\r\n900001,900002,Birch Academy,Successor,01-09-2026\r\n",
        encoding="cp1252",
        newline="",
    )

    with django_capture_on_commit_callbacks(execute=True):
        import_register(register, links=links, actor_name="A tester", now=now, force=True)

    (text,) = told(expression.hub)
    assert text.startswith("Ash Lane (URN 900001) closed on 31 August 2026 and is Birch Academy (URN 900002) now.")


def test_a_hub_hears_of_its_school_after_a_ruling(
    at_once: None,
    expression: ExpressionOfInterest,
    actor: Membership,
    now: dt.datetime,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    HubArea.objects.create(hub=actor.hub, authority=expression.school.authority)
    School.objects.filter(pk=900_001).update(status=School.Status.CLOSED)
    factories.make_school("Birch Academy", urn=900_002)

    with django_capture_on_commit_callbacks(execute=True), tenancy.use(actor.hub):
        rule(predecessor=900_001, successor=900_002, same_school=True, reason="We asked.", actor=actor, now=now)
        assert told(actor.hub) == []

    (text,) = told(actor.hub)
    assert "is Birch Academy (URN 900002) now" in text


def test_one_hubs_failure_keeps_no_other_hub_from_being_told(
    at_once: None, hub: Hub, other_hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    school = factories.make_school("Ash Lane")
    for each in (hub, other_hub):
        factories.make_expression(factories.make_window(each), school)
    factories.go_on_as(school, factories.make_school("Birch Academy"))
    notice_changes = following.notice_changes

    def fails_in_the_first(*, now: dt.datetime) -> None:
        if tenancy.active_hub_id() == hub.pk:
            raise RuntimeError("Something is broken here.")
        notice_changes(now=now)

    monkeypatch.setattr(following, "notice_changes", fails_in_the_first)
    tasks.follow_everywhere()

    assert (told(hub), len(told(other_hub))) == ([], 1)


def test_without_a_broker_a_change_of_the_register_fails_nowhere_and_the_night_tells_of_it(
    at_once: None,
    expression: ExpressionOfInterest,
    now: dt.datetime,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    factories.make_hub("severnmoor")
    factories.go_on_as(expression.school, factories.make_school("Birch Academy"))
    tried: list[object] = []

    def refuse(**options: object) -> None:
        tried.append(options)
        raise OperationalError

    with monkeypatch.context() as down:
        down.setattr(tasks.follow_school_changes, "apply_async", refuse)
        with django_capture_on_commit_callbacks(execute=True):
            tasks.follow(now=now)
            # The change is not committed yet.
            assert tried == []
    # One try is enough: to wait for each hub would hold up whoever has ruled.
    assert len(tried) == 1
    assert told(expression.hub) == []

    tasks.follow_everywhere()
    assert len(told(expression.hub)) == 1
