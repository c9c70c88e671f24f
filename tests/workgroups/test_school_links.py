from __future__ import annotations

import datetime as dt

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from hubs import tenancy
from hubs.models import Hub
from tests import work
from workgroups.models import Participant, Place, SchoolLink
from workgroups.school_links import end_links_of, link_for, make_missing, url_of


@pytest.fixture
def place(hub: Hub) -> Place:
    return work.make_place(hub)


def link_of(place: Place, email: str, now: dt.datetime) -> SchoolLink:
    with tenancy.use(place.hub):
        return link_for(place=place, name="Hana Head", email=email, now=now)


def page_of(link: SchoolLink) -> int:
    return Client().get(url_of(link).removeprefix(settings.PUBLIC_URL)).status_code


def test_a_person_has_one_link_however_her_address_is_written(place: Place, now: dt.datetime) -> None:
    first = link_of(place, "head@school.example", now)
    again = link_of(place, "Head@School.example", now + dt.timedelta(days=3))
    assert (first, first.made_at) == (again, again.made_at)
    assert link_of(place, "teacher@school.example", now) != first


def test_a_link_is_of_one_place(hub: Hub, place: Place, now: dt.datetime) -> None:
    elsewhere = work.make_place(hub)
    assert link_of(elsewhere, "head@school.example", now) != link_of(place, "head@school.example", now)


def test_its_whole_address_opens_the_schools_page(place: Place, now: dt.datetime) -> None:
    link = link_of(place, "head@school.example", now)
    assert url_of(link).startswith(f"{settings.PUBLIC_URL}/")
    assert page_of(link) == 200


def test_an_ended_link_opens_nothing_and_the_next_letter_makes_another(place: Place, now: dt.datetime) -> None:
    link, other = link_of(place, "head@school.example", now), link_of(place, "teacher@school.example", now)
    with tenancy.use(place.hub):
        end_links_of(place=place, email="HEAD@school.example", now=now)
    assert (page_of(link), page_of(other)) == (410, 200)
    after = link_of(place, "head@school.example", now)
    assert after != link
    assert (page_of(after), page_of(link)) == (200, 410)


def test_ending_twice_keeps_the_first_time(place: Place, now: dt.datetime) -> None:
    link = link_of(place, "head@school.example", now)
    with tenancy.use(place.hub):
        for days in (1, 2):
            end_links_of(place=place, email=link.email, now=now + dt.timedelta(days=days))
        link.refresh_from_db()
    assert link.ended_at == now + dt.timedelta(days=1)


def test_links_that_are_missing_are_made_for_the_people_of_schools_in_a_group(hub: Hub, now: dt.datetime) -> None:
    long_ago = now - dt.timedelta(days=60)
    place = work.make_place(hub, group=work.make_group(hub), accepted_at=long_ago)
    waiting = work.make_place(hub, accepted_at=long_ago)
    there = link_of(place, "HEAD@school.example", now)
    with tenancy.use(hub):
        first, second = place.participants.all()
        Participant.objects.filter(pk=second.pk).update(ends_on=now.date())

        make_missing(now=now)
        make_missing(now=now)

        links = {link.email: link.name for link in SchoolLink.objects.filter(place=place)}
        assert links == {there.email: "Hana Head", first.email: first.name}
        assert not SchoolLink.objects.filter(place=waiting).exists()


def test_links_are_made_in_as_many_queries_for_three_schools_as_for_one(hub: Hub, now: dt.datetime) -> None:
    group = work.make_group(hub)

    def queries_for(schools: int) -> int:
        for _ in range(schools):
            work.make_place(hub, group=group)
        with tenancy.use(hub), CaptureQueriesContext(connection) as captured:
            make_missing(now=now)
        return len([query for query in captured if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))])

    assert queries_for(1) == queries_for(3) == 4
