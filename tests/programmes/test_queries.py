from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from hubs import tenancy
from hubs.models import Hub, LocalAuthority
from programmes import queries
from programmes.models import RecruitmentWindow, State
from programmes.queries import Filter
from tests import factories

DAY = dt.timedelta(days=1)
Found = Callable[..., list[str]]


@pytest.fixture
def found(hub: Hub, now: dt.datetime) -> Found:
    """Three expressions; answers with the schools that a filter finds, in order."""
    southern = LocalAuthority.objects.create(code="002", name="Southern")
    developing = factories.make_window(hub)
    last_year = factories.make_window(
        hub, stage="secondary-developing", year=2026, opens_at=now - 300 * DAY, closes_at=now - 200 * DAY
    )
    factories.make_expression(
        developing,
        factories.make_school("Ash Lane", urn=900101, town="Ashby", postcode="NV1 2AB"),
        submitted_at=now - DAY,
        reference="EOI-34679",
    )
    factories.make_expression(
        developing,
        factories.make_school("Mill 100%", urn=900102, town="Millford", authority=southern, postcode="SO1 1AA"),
        submitted_at=now - 3 * DAY,
        state=State.OFFERED,
        contact_name="Under_Score",
    )
    factories.make_expression(
        last_year,
        factories.make_school("Zion St Ann’s", urn=900103, town="Zedham", postcode="NV9 9ZZ"),
        submitted_at=now - 250 * DAY,
        state=State.DECLINED,
        contact_email="zed@zion.example",
    )
    factories.make_draft(developing, factories.make_school("Draft School"))

    def find(**chosen: str | int) -> list[str]:
        with tenancy.use(hub):
            found = queries.expressions(Filter(**chosen))  # type: ignore[arg-type]
            return [expression.school.name for expression in found]

    return find


ASH, MILL, ZION = "Ash Lane", "Mill 100%", "Zion St Ann’s"


def test_without_a_filter_all_that_were_sent_are_found_newest_first(found: Found) -> None:
    assert found() == [ASH, MILL, ZION]


@pytest.mark.parametrize(
    ("chosen", "schools"),
    [
        ({"search": "ash"}, [ASH]),
        ({"search": "ASH lane"}, [ASH]),
        ({"search": "lane ash"}, [ASH]),
        ({"search": "ash mill"}, []),
        ({"search": "millford"}, [MILL]),
        ({"search": "nv9"}, [ZION]),
        ({"search": "900102"}, [MILL]),
        ({"search": "34679"}, [ASH]),
        ({"search": "eoi-34679"}, [ASH]),
        ({"search": "cleo contact"}, [ASH, ZION]),
        ({"search": "zed@zion.example"}, [ZION]),
        ({"search": "%"}, [MILL]),
        ({"search": "100%"}, [MILL]),
        ({"search": "_"}, [MILL]),
        ({"search": "under_score"}, [MILL]),
        ({"search": "\\"}, []),
        ({"search": "ann’s"}, [ZION]),
        ({"search": "'; DROP TABLE hubs_hub; --"}, []),
        ({"search": "99999999999999999999"}, []),
        ({"search": "²³"}, []),
        ({"stage": "primary-developing"}, [ASH, MILL]),
        ({"stage": "secondary-developing"}, [ZION]),
        ({"stage": "primary-readiness"}, []),
        ({"year": 2026}, [ZION]),
        ({"year": 2027}, [ASH, MILL]),
        ({"state": "submitted"}, [ASH]),
        ({"state": "offered"}, [MILL]),
        ({"state": "declined"}, [ZION]),
        ({"state": "offered", "year": 2026}, []),
        ({"search": "ash", "state": "submitted", "year": 2027, "stage": "primary-developing"}, [ASH]),
    ],
    ids=str,
)
def test_a_filter_finds_what_has_all_of_it(found: Found, chosen: dict[str, str | int], schools: list[str]) -> None:
    assert found(**chosen) == schools


@pytest.mark.parametrize(
    ("sort", "schools"),
    [
        ("received", [ZION, MILL, ASH]),
        ("school", [ASH, MILL, ZION]),
        ("authority", [ASH, ZION, MILL]),
        ("stage", [ZION, ASH, MILL]),
        ("state", [ZION, MILL, ASH]),
    ],
)
def test_the_list_can_be_sorted_both_ways(found: Found, sort: str, schools: list[str]) -> None:
    assert found(sort=sort) == schools
    assert found(sort=f"-{sort}") == schools[::-1]


def test_equal_ones_keep_their_order_from_page_to_page(hub: Hub, now: dt.datetime) -> None:
    window = factories.make_window(hub)
    made = [factories.make_expression(window, submitted_at=now).pk for _ in range(5)]
    with tenancy.use(hub):
        assert list(queries.expressions(Filter()).values_list("pk", flat=True)) == made[::-1]
        assert list(queries.expressions(Filter(sort="school")).values_list("pk", flat=True)) == made


def test_the_counts_leave_the_state_out_of_the_filter(hub: Hub, found: Found) -> None:
    with tenancy.use(hub):
        everything = {"submitted": 1, "offered": 1, "accepted": 0, "turned_down": 0, "declined": 1}
        everything |= {"withdrawn": 0}
        assert queries.counts_by_state(Filter()) == everything
        assert queries.counts_by_state(Filter(state="offered")) == everything
        assert queries.counts_by_state(Filter(year=2026)) == dict.fromkeys(everything, 0) | {"declined": 1}


def test_another_hub_finds_none_of_it(found: Found, other_hub: Hub) -> None:
    with tenancy.use(other_hub):
        assert not queries.expressions(Filter()).exists()
        assert sum(queries.counts_by_state(Filter()).values()) == 0
        assert queries.expression_with_answers("EOI-34679") is None


def test_a_draft_has_no_page(hub: Hub) -> None:
    factories.make_draft(factories.make_window(hub))
    with tenancy.use(hub):
        assert queries.expression_with_answers("") is None


# --- The windows that a school sees ----------------------------------------------------------


def shown(hub: Hub, now: dt.datetime) -> list[RecruitmentWindow]:
    with tenancy.use(hub):
        return queries.windows_to_show(now)


def make(hub: Hub, now: dt.datetime, opens: int, closes: int, *, year: int = 2027, late: int | None = None,
         stage: str = "primary-developing") -> RecruitmentWindow:  # fmt: skip
    return factories.make_window(
        hub,
        stage=stage,
        year=year,
        opens_at=now + opens * DAY,
        closes_at=now + closes * DAY,
        late_until=now + late * DAY if late else None,
    )


def test_windows_stand_in_the_order_of_the_stages(hub: Hub, now: dt.datetime) -> None:
    make(hub, now, -1, 9, stage="secondary-developing")
    make(hub, now, 1, 9, stage="primary-sustaining")
    make(hub, now, -9, -1, stage="primary-readiness")

    assert [window.stage_year.stage.slug for window in shown(hub, now)] == [
        "primary-readiness",
        "primary-sustaining",
        "secondary-developing",
    ]


@pytest.mark.parametrize(("closed", "is_shown"), [(-181, True), (-183, False)])
def test_a_closed_window_is_shown_for_half_a_year(hub: Hub, now: dt.datetime, closed: int, is_shown: bool) -> None:
    make(hub, now, closed - 30, closed)

    assert bool(shown(hub, now)) is is_shown


def test_the_next_window_takes_the_place_of_a_closed_one(hub: Hub, now: dt.datetime) -> None:
    make(hub, now, -60, -30, year=2026)
    upcoming = make(hub, now, 5, 30)

    assert shown(hub, now) == [upcoming]


@pytest.mark.parametrize("late", [None, 3])
def test_an_open_window_is_shown_before_the_next_one(hub: Hub, now: dt.datetime, late: int | None) -> None:
    still_taking = make(hub, now, -60, 2 if late is None else -1, year=2026, late=late)
    make(hub, now, 5, 30)

    assert shown(hub, now) == [still_taking]


def test_a_school_that_has_changed_is_found_by_all_it_was_and_is_and_sorted_by_what_it_is(hub: Hub) -> None:
    window = factories.make_window(hub)
    ash = factories.make_school("Ash Lane Primary School", urn=900_201)
    factories.make_expression(window, ash)
    factories.make_expression(window, factories.make_school("Alder School"))
    factories.make_expression(window, factories.make_school("Cedar School"))
    zedland = LocalAuthority.objects.create(code="009", name="Zedland")
    birch = factories.make_school("Birch Academy", urn=900_202, town="Birchford", postcode="ZE1 1AA", authority=zedland)
    factories.go_on_as(ash, birch)

    with tenancy.use(hub):
        for search in ("ash lane", "birch", "birch lane", "900201", "900202", "birchford", "ze1"):
            assert [one.school for one in queries.expressions(Filter(search=search))] == [ash], search
        by_name, by_stage, by_authority = (
            [one.school_now.name for one in queries.expressions(Filter(sort=sort))]
            for sort in ("school", "stage", "authority")
        )
    assert by_name == by_stage == ["Alder School", "Birch Academy", "Cedar School"]
    assert by_authority == ["Alder School", "Cedar School", "Birch Academy"]


def test_a_school_that_has_split_is_found_by_its_parts_once_and_keeps_its_own_name(hub: Hub) -> None:
    ash = factories.make_school("Ash Lane")
    factories.make_expression(factories.make_window(hub), ash)
    factories.go_on_as(ash, factories.make_school("Birch North"), factories.make_school("Birch South"))

    with tenancy.use(hub):
        (found,) = queries.expressions(Filter(search="birch", sort="school"))
    assert found.school_in_full == "Ash Lane"
