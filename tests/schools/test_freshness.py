from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from pytest_django import Settings

from hubs.models import Hub, NationalRole, User
from schools.freshness import Freshness, freshness, warn_when_overdue
from schools.models import RegisterAlarm, RegisterImport
from tests import factories

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)
AS_OF = dt.date(2026, 11, 10)


@pytest.fixture(autouse=True)
def _a_source(settings: Settings) -> None:
    settings.REGISTER_SOURCE = "https://site.example/downloads"


@pytest.fixture
def viewer(db: None) -> User:
    """Sees national figures."""
    return make_viewer("Nat National")


def make_viewer(name: str) -> User:
    user = factories.make_user(name)
    NationalRole.objects.create(user=user)
    return user


def applied(at: dt.datetime, **fields: Any) -> RegisterImport:
    values = {"as_of": AS_OF, "file_name": "edubasealldata20261110.csv", "actor_name": "Nightly refresh"}
    return RegisterImport.objects.create(
        outcome=RegisterImport.Outcome.APPLIED, started_at=at, finished_at=at, **{**values, **fields}
    )


def refused(at: dt.datetime, reason: str, actor_name: str = "Nightly refresh") -> RegisterImport:
    return RegisterImport.objects.create(
        outcome=RegisterImport.Outcome.REFUSED,
        started_at=at,
        finished_at=at,
        file_name="edubasealldata20261121.csv",
        actor_name=actor_name,
        reason=reason,
    )


def test_a_register_of_last_night_is_fresh(now: dt.datetime) -> None:
    applied(now - 5 * DAY)
    applied(now - DAY, as_of=dt.date(2026, 11, 20))

    assert freshness(now=now) == Freshness(
        as_of=dt.date(2026, 11, 20), refreshed_at=now - DAY, since=now - DAY, overdue=False, reason=""
    )


def test_it_is_overdue_after_a_week_and_the_last_reason_is_known(now: dt.datetime) -> None:
    refused(now - 9 * DAY, "A reason of old.")
    applied(now - 8 * DAY)
    refused(now - 2 * DAY, "The first reason.")
    refused(now - DAY, "The last reason.")

    found = freshness(now=now)

    assert (found.overdue, found.since, found.reason) == (True, now - 8 * DAY, "The last reason.")
    assert not freshness(now=now - DAY).overdue


def test_a_register_that_was_never_taken_in_is_overdue_a_week_after_the_first_try(now: dt.datetime) -> None:
    assert freshness(now=now) == Freshness(None, None, None, overdue=False, reason="")
    refused(now - 8 * DAY, "It is not there.")
    refused(now - DAY, "It is not there.")

    assert freshness(now=now).overdue
    assert not freshness(now=now - DAY).overdue


@pytest.mark.parametrize("with_a_register", [True, False])
def test_who_has_just_set_a_source_has_a_week(now: dt.datetime, viewer: User, *, with_a_register: bool) -> None:
    if with_a_register:
        applied(now - 80 * DAY, actor_name="mary")
    else:
        refused(now - 80 * DAY, "It is not the register.", actor_name="mary")
    assert not freshness(now=now).overdue

    for night in range(8):
        refused(now + night * DAY, "It is not there.")
        morning = now + night * DAY + dt.timedelta(hours=2, minutes=30)
        assert warn_when_overdue(now=morning) == (1 if night == 7 else 0), night
    assert freshness(now=morning).since == now


def test_a_success_by_hand_counts(now: dt.datetime) -> None:
    applied(now - 20 * DAY)
    applied(now - 5 * DAY, actor_name="mary")

    assert freshness(now=now).since == now - 5 * DAY
    assert not freshness(now=now).overdue


def test_without_a_source_nothing_is_overdue(now: dt.datetime, settings: Settings) -> None:
    settings.REGISTER_SOURCE = ""
    applied(now - 80 * DAY)

    assert not freshness(now=now).overdue
    assert freshness(now=now).refreshed_at


# --- The alarm -----------------------------------------------------------------------------------


def test_everybody_with_a_national_role_is_told_since_when_why_and_what_to_do(
    hub: Hub, administrator: User, viewer: User, now: dt.datetime
) -> None:
    other = make_viewer("Vera Viewer")
    applied(now - 8 * DAY)
    refused(now - DAY, "https://site.example answers 500 Internal Server Error.")

    assert warn_when_overdue(now=now) == 2

    first, second = mail.outbox
    assert (first.to, second.to) == ([viewer.email], [other.email])
    assert first.subject == "The school register has not been refreshed since Friday 13 November 2026"
    assert "Dear Nat National," in first.body
    assert "Since Friday 13 November 2026, 10am this has not succeeded once." in first.body
    assert "are those of Tuesday 10 November 2026." in first.body
    assert "https://site.example answers 500 Internal Server Error." in first.body
    assert "What to do:" in first.body


def test_they_are_told_once_a_week_and_not_every_night(viewer: User, now: dt.datetime) -> None:
    applied(now - 8 * DAY)

    nights = [warn_when_overdue(now=now + night * DAY) for night in range(14)]

    # The first night, when the second week is full, and when the third one is.
    assert [night for night, written in enumerate(nights) if written] == [0, 6, 13]
    assert len(mail.outbox) == RegisterAlarm.objects.count() == 3


def test_twice_in_a_night_is_once(viewer: User, now: dt.datetime) -> None:
    applied(now - 8 * DAY)

    assert [warn_when_overdue(now=now), warn_when_overdue(now=now)] == [1, 0]
    assert len(mail.outbox) == 1


def test_a_night_that_was_missed_is_made_up_for(viewer: User, now: dt.datetime) -> None:
    applied(now - 12 * DAY)

    assert warn_when_overdue(now=now) == 1


def test_after_a_success_a_new_week_begins(viewer: User, now: dt.datetime) -> None:
    applied(now - 8 * DAY)
    warn_when_overdue(now=now)
    applied(now)

    assert [warn_when_overdue(now=now + day * DAY) for day in (1, 7, 8)] == [0, 0, 1]


def test_who_has_no_account_any_more_is_not_written_to(viewer: User, now: dt.datetime) -> None:
    User.objects.filter(pk=viewer.pk).update(is_active=False)
    applied(now - 8 * DAY)

    assert warn_when_overdue(now=now) == 0


def test_a_mail_that_cannot_be_sent_keeps_nobody_else_from_theirs_and_is_tried_again(
    viewer: User, now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_viewer("Vera Viewer")
    applied(now - 8 * DAY)
    send = EmailMessage.send

    def refuse(one: EmailMessage, **options: Any) -> int:
        if viewer.email in one.to:
            raise OSError("refused")
        return send(one, **options)

    with monkeypatch.context() as patched:
        patched.setattr(EmailMessage, "send", refuse)
        assert warn_when_overdue(now=now) == 1
    assert warn_when_overdue(now=now + DAY) == 1
    assert [one.to for one in mail.outbox] == [[other.email], [viewer.email]]


def test_nobody_is_told_of_a_fresh_register(viewer: User, now: dt.datetime) -> None:
    applied(now - 6 * DAY)

    assert warn_when_overdue(now=now) == 0
    assert mail.outbox == []
