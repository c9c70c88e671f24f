from __future__ import annotations

import datetime as dt

import pytest

from schools import following
from tests.logs import logs_of


def test_every_room_follows_whatever_becomes_of_another(monkeypatch: pytest.MonkeyPatch, now: dt.datetime) -> None:
    followed: list[dt.datetime] = []

    def fail(*, now: dt.datetime) -> None:
        raise RuntimeError("secret words")

    def follow(*, now: dt.datetime) -> None:
        followed.append(now)

    monkeypatch.setattr(following, "_followers", [fail, follow])

    with logs_of(following) as logs:
        following.follow(now=now)

    assert followed == [now]
    assert [(line["event"], line["error"]) for line in logs] == [("register_not_followed", "RuntimeError")]
    assert "secret" not in str(logs)
