from __future__ import annotations

import datetime as dt

import pytest
from django.db import transaction

from hubs import tenancy
from hubs.models import Hub
from programmes import applying, withdrawing
from programmes.models import ExpressionOfInterest, Participation, Stage
from schools.models import School
from tests import factories
from tests.locks import begin_meanwhile

pytestmark = pytest.mark.django_db


def test_what_was_sent_and_what_was_done_hold_a_school(hub: Hub, now: dt.datetime) -> None:
    school, another = factories.make_school(), factories.make_school()
    first, second = factories.make_window(hub), factories.make_window(hub, stage="primary-embedding")
    factories.make_expression(first, another)

    def held() -> list[str]:
        with tenancy.use(hub):
            return [one.words for one in withdrawing.holds(school)]

    factories.make_draft(first, school)
    assert held() == []
    factories.make_expression(first, school)
    assert held() == ["an expression of interest"]
    factories.make_expression(second, school)
    Participation.objects.create(
        school=school, stage=Stage.objects.all()[0], year=2025, outcome="completed", recorded_for=hub, recorded_at=now
    )
    assert held() == ["2 expressions of interest", "a record of what it took part in"]


def test_drafts_alone_go_with_a_school(hub: Hub) -> None:
    school, window = factories.make_school(), factories.make_window(hub)
    factories.make_draft(window, school)
    kept = {factories.make_expression(window, school), factories.make_draft(window, factories.make_school())}

    with tenancy.use(hub):
        withdrawing.let_go(school)
        assert set(ExpressionOfInterest.objects.all()) == kept


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_begun", [False, True])
def test_who_chooses_a_school_that_is_being_withdrawn_is_told_at_once(
    hub: Hub, now: dt.datetime, *, is_begun: bool
) -> None:
    window, school = factories.make_window(hub, opens_at=now), factories.make_school()
    draft = factories.make_draft(window, factories.make_school()) if is_begun else None
    told: list[bool] = []

    def choose() -> None:
        with tenancy.use(hub), transaction.atomic():
            try:
                if draft:
                    applying.change_school(draft=draft, school=school, now=now)
                else:
                    applying.start(window=window, school=school, now=now)
            except applying.SchoolGone:
                told.append(True)

    with transaction.atomic():
        School.objects.filter(pk=school.pk).delete()
        other = begin_meanwhile(choose)
        assert other.is_alive()
    other.join()

    assert told == [True]
    with tenancy.use(hub):
        assert list(ExpressionOfInterest.objects.all()) == ([draft] if draft else [])
