from __future__ import annotations

import datetime as dt

import pytest
from pytest_django import DjangoAssertNumQueries

from hubs import tenancy, timeline
from hubs.models import Hub, Membership, User
from hubs.wording import moment
from tests import factories


def lines(hub: Hub) -> list[tuple[str, str]]:
    with tenancy.use(hub):
        return [(entry.actor_name, entry.text) for entry in timeline.entries_of(hub)]


@pytest.fixture
def ada(administrator: User, hub: Hub) -> Membership:
    return factories.membership_of(administrator, hub)


def test_what_is_recorded_together_is_written_in_one_query_in_its_order(
    hub: Hub, ada: Membership, now: dt.datetime, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with tenancy.use(hub), django_assert_num_queries(1), timeline.in_one_query():
        timeline.record(subject=hub, actor=ada, now=now, text="First.")
        timeline.record(subject=ada, actor="The office", now=now, text="Of another record.")
        timeline.record(subject=hub, actor="Hana Head, Headteacher", now=now, text="Second.")

    assert lines(hub) == [("Hana Head, Headteacher", "Second."), ("Ada Administrator", "First.")]
    with tenancy.use(hub):
        assert [entry.actor_name for entry in timeline.entries_of(ada)] == ["The office"]


def test_where_something_is_raised_nothing_of_it_is_written_and_what_comes_after_is(hub: Hub, now: dt.datetime) -> None:
    @timeline.in_one_query()
    def fail() -> None:
        timeline.record(subject=hub, actor="Ada", now=now, text="Undone.")
        raise RuntimeError

    with tenancy.use(hub):
        with pytest.raises(RuntimeError):
            fail()
        timeline.record(subject=hub, actor="Ada", now=now, text="Done.")

    assert lines(hub) == [("Ada", "Done.")]


def test_who_comes_second_reads_what_was_recorded_and_by_whom(
    hub: Hub, ada: Membership, lead: User, now: dt.datetime
) -> None:
    with tenancy.use(hub):
        assert timeline.last_of(hub, reader=ada.user) == "Nothing of yours was saved."
        timeline.record(subject=hub, actor=ada, now=now, text="Named anew")
        hers, anothers = (timeline.last_of(hub, reader=reader) for reader in (ada.user, lead))
    assert hers == f"Recorded by you, {moment(now)}: Named anew. Nothing more was saved."
    assert anothers == f"Recorded by Ada Administrator, {moment(now)}: Named anew. Nothing of yours was saved."
