from __future__ import annotations

import datetime as dt

import pytest

from hubadmin.demo.places import AREAS
from hubadmin.demo.terms import PATTERNS, enter_term_dates
from hubs import tenancy
from hubs.models import LocalAuthority, Role
from schools.assumed_terms import assumed_half_terms
from schools.calendar import calendars_of_authorities
from schools.models import HalfTerm
from tests.factories import make_hub, make_member, make_school

pytestmark = pytest.mark.django_db


def enter(slug: str, year: int, now: dt.datetime) -> None:
    area = next(area for area in AREAS if area.hub == slug)
    hub = make_hub(slug)
    make_member(hub, Role.HUB_LEAD, "Leo Lead")
    for authority in area.authorities:
        hub.areas.add(LocalAuthority.objects.create(code=authority.code, name=authority.name))
    with tenancy.use(hub):
        enter_term_dates(hub=hub, year=year, now=now)


@pytest.mark.parametrize("year", range(2024, 2034))
def test_every_hub_s_dates_can_be_entered_in_any_year(year: int, now: dt.datetime) -> None:
    for area in AREAS:
        enter(area.hub, year, now)
    entered = set(HalfTerm.objects.filter(year=year).values_list("authority", flat=True))
    assert entered == set(PATTERNS)


def test_some_authorities_differ_and_of_some_nobody_has_entered_dates(now: dt.datetime) -> None:
    enter("northvale", 2026, now)
    calendars = calendars_of_authorities(["001", "002", "003", "004"])
    october = assumed_half_terms(2026)[0].ends_on
    assert calendars["002"].half_term(2026, 1).ends_on == october - dt.timedelta(weeks=1)
    assert calendars["002"].half_term(2026, 1).starts_on.month == 8
    assert not calendars["001"].is_assumed(2027)
    assert calendars["003"].is_assumed(2027)
    assert calendars["004"].is_assumed(2026)


def test_an_academy_sets_its_own(now: dt.datetime) -> None:
    authority = LocalAuthority.objects.create(code="001", name="Northvale")
    academy = make_school("Ash Lane Academy", type_group_code=10, phase="Secondary")
    hub = make_hub("northvale")
    make_member(hub, Role.HUB_LEAD, "Leo Lead")
    hub.areas.add(authority)
    with tenancy.use(hub):
        enter_term_dates(hub=hub, year=2026, now=now)
    assert set(HalfTerm.objects.filter(school=academy).values_list("number", flat=True)) >= {1}
