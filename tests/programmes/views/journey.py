"""What a school types, and where its pages are."""

from __future__ import annotations

import datetime as dt
import html
from typing import Any

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from correspondence.models import Message
from hubs import tenancy
from hubs.links import make_token
from hubs.models import Hub
from programmes.models import ExpressionOfInterest, RecruitmentWindow, StagePromise

STAGE = "primary-developing"
STEPS = ["school", "contact", "headteacher", "lead-teacher-1", "lead-teacher-2", "promises", "check"]

ANSWERS: dict[str, dict[str, str]] = {
    "contact": {
        "name": "Cora Contact",
        "role": "Maths lead",
        "email": "cora@school.example",
        "phone": "01632 960001",
        "is_head": "no",
    },
    "headteacher": {"name": "Hana Head", "email": "hana@school.example"},
    "lead-teacher-1": {"name": "Tess One", "role": "Maths lead", "email": "one@school.example", "trn": "1234567"},
    "lead-teacher-2": {"name": "Theo Two", "role": "Class teacher", "email": "two@school.example"},
    "check": {},
}


def all_ticked(stage: str = "primary-developing", year: int = 2027) -> dict[str, str]:
    """A tick for each promise of a stage."""
    promises = StagePromise.objects.filter(stage_year__stage__slug=stage, stage_year__year=year)
    return {f"promise_{promise.position}": "on" for promise in promises}


def answers_for(step: str) -> dict[str, str]:
    """Good answers for one step."""
    return all_ticked() if step == "promises" else ANSWERS[step]


def token_of(draft: ExpressionOfInterest) -> str:
    """The token in the addresses of a draft's pages."""
    return make_token("expression-draft", hub_id=draft.hub_id, subject_id=draft.pk)


def page_of(draft: ExpressionOfInterest, step: str) -> str:
    """The address of one step of a draft."""
    return reverse("expression_step", args=[token_of(draft), step])


def step_of(url: str) -> str:
    """The step in an address."""
    return url.rstrip("/").rsplit("/", 1)[1]


def follow(client: Client, response: Any) -> str:
    """The address at which a chain of redirects ends."""
    url = str(response.headers["Location"])
    while 300 <= (page := client.get(url)).status_code < 400:
        url = page.headers["Location"]
    assert page.status_code == 200
    return url


def begin_url(hub: Hub, stage: str = STAGE) -> str:
    """Where a stage is explained."""
    return reverse("expression_begin", args=[hub.slug, stage])


def school_url(hub: Hub, stage: str = STAGE) -> str:
    """The first question."""
    return reverse("expression_school", args=[hub.slug, stage])


def text_of(response: Any) -> str:
    """A page as people read it: without entities."""
    return html.unescape(response.content.decode())


def everything(hub: Hub) -> tuple[list[ExpressionOfInterest], list[Message]]:
    """All expressions and messages of a hub."""
    with tenancy.use(hub):
        return list(ExpressionOfInterest.objects.order_by("pk")), list(Message.objects.order_by("pk"))


def move(window: RecruitmentWindow, **days: float) -> None:
    """Move a window's moments to so many days from now."""
    now = timezone.now()
    with tenancy.use(window.hub_id):
        RecruitmentWindow.objects.filter(pk=window.pk).update(
            **{name: now + dt.timedelta(days=value) for name, value in days.items()}
        )
