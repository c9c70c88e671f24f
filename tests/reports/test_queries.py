from __future__ import annotations

import datetime as dt

import pytest
from django.db import DatabaseError, ProgrammingError, connections, transaction

from hubs import tenancy
from hubs.models import Hub
from programmes.models import ExpressionOfInterest, State
from reports import queries
from schools.models import School
from tests import factories

DAY = dt.timedelta(days=1)


# --- What a hub looks at ---------------------------------------------------------------------


def test_windows_that_close_soon_are_named_the_next_first(hub: Hub, other_hub: Hub, now: dt.datetime) -> None:
    def window(stage: str, opens: float, closes: float, of: Hub = hub) -> str:
        factories.make_window(of, stage=stage, opens_at=now + opens * DAY, closes_at=now + closes * DAY)
        return stage

    later = window("primary-developing", -9, 14)
    soon = window("primary-readiness", -9, 3)
    window("primary-embedding", -9, 14.01)
    window("primary-sustaining", -9, 0)
    window("secondary-developing", 1, 3)
    window("secondary-embedding-support", -9, 2, of=other_hub)

    with tenancy.use(hub):
        found = queries.windows_closing(now=now, within=14 * DAY)

    assert [one.stage_year.stage.slug for one in found] == [soon, later]


# --- National figures ------------------------------------------------------------------------

national = pytest.mark.django_db(databases=["default", "national"], transaction=True)


def two_hubs() -> tuple[Hub, Hub]:
    """Two hubs with three stages between them; names that no national page may show."""
    north, south = factories.make_hub("northvale"), factories.make_hub("severnmoor")
    wanted = {
        (north, "primary-developing"): [State.SUBMITTED, State.SUBMITTED, State.OFFERED, State.DECLINED],
        (north, "primary-readiness"): [],
        (south, "primary-developing"): [State.OFFERED, State.ACCEPTED, State.ACCEPTED, State.TURNED_DOWN],
    }
    for (hub, stage), states in wanted.items():
        window = factories.make_window(hub, stage=stage)
        factories.make_draft(window)
        for state in states:
            factories.make_expression(window, state=state, contact_name="Secret Person", contact_email="s@x.example")
    factories.make_expression(factories.make_window(south, year=2026, stage="secondary-developing"))
    return north, south


@national
def test_national_figures_are_each_hubs_own_counts() -> None:
    two_hubs()

    assert [
        (
            (row.hub, row.stage, row.year),
            (row.received, row.to_decide, row.offered, row.declined),
            (row.accepted, row.turned_down),
        )
        for row in queries.national_figures(year=2027)
    ] == [
        (("Northvale Maths Hub", "Mastery Readiness (primary)", "2027/28"), (0, 0, 0, 0), (0, 0)),
        (("Northvale Maths Hub", "Developing (primary)", "2027/28"), (4, 2, 1, 1), (0, 0)),
        (("Severnmoor Maths Hub", "Developing (primary)", "2027/28"), (4, 0, 4, 0), (2, 1)),
    ]


@national
def test_a_hub_counts_what_the_nation_counts_for_it() -> None:
    hubs = two_hubs()

    rows = queries.national_figures(year=2027)

    for hub in hubs:
        with tenancy.use(hub):
            of_year = ExpressionOfInterest.objects.sent().filter(window__stage_year__year=2027)
            mine = [row for row in rows if row.hub == hub.name]
            assert sum(row.received for row in mine) == of_year.count()
            assert sum(row.to_decide for row in mine) == of_year.to_decide().count()
            for state, counted in ((State.ACCEPTED, "accepted"), (State.TURNED_DOWN, "turned_down")):
                assert sum(getattr(row, counted) for row in mine) == of_year.filter(state=state).count()
            # Every one of them is counted once.
            assert all(row.received == row.to_decide + row.offered + row.declined for row in mine)


@national
def test_a_year_without_recruitment_has_no_figures() -> None:
    two_hubs()

    assert queries.national_figures(year=2024) == []


@national
def test_figures_need_no_active_hub_and_reveal_nothing_to_the_next_query() -> None:
    two_hubs()
    queries.national_figures(year=2027)

    with pytest.raises(tenancy.NoActiveHub):
        ExpressionOfInterest.objects.count()
    assert ExpressionOfInterest._base_manager.count() == 0


@national
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT contact_name FROM programmes_expressionofinterest",
        "SELECT contact_email FROM programmes_expressionofinterest",
        "SELECT head_name FROM programmes_expressionofinterest",
        "SELECT reference FROM programmes_expressionofinterest",
        "SELECT * FROM programmes_expressionofinterest",
        "SELECT id FROM programmes_leadteacher",
        "SELECT id FROM programmes_decision",
        "SELECT text FROM correspondence_message",
        "SELECT text FROM hubs_timelineentry",
        "SELECT email FROM hubs_user",
        "SELECT session_data FROM django_session",
        "UPDATE programmes_expressionofinterest SET state = 'offered'",
        "DELETE FROM hubs_hub",
    ],
)
def test_the_national_role_reaches_neither_people_nor_words(sql: str) -> None:
    two_hubs()

    with (
        pytest.raises(DatabaseError, match=r"permission denied|read-only transaction"),
        transaction.atomic(using="national"),
        connections["national"].cursor() as cursor,
    ):
        cursor.execute(sql)


@national
def test_the_national_manager_loads_no_name_even_when_asked() -> None:
    two_hubs()
    expression = ExpressionOfInterest.national.all()[0]

    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic(using="national"):
        _ = expression.contact_name


@national
def test_the_national_role_may_read_the_register_of_schools() -> None:
    two_hubs()

    columns = [School._meta.get_field(name).name for name in School.national_columns]
    assert School.objects.using("national").only(*columns).count() == School.objects.count() > 0
