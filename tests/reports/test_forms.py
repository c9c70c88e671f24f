from __future__ import annotations

import pytest

from hubs.models import Hub
from reports.forms import SchoolFilterForm
from reports.schools import Area, Filter

AREA = Area(Hub(), [("001", "North")], [("T1", "Birch Trust")])


def chosen(**typed: str) -> Filter:
    return SchoolFilterForm(typed, area=AREA, this_year=2026).chosen()


def test_nothing_chosen_is_the_whole_list_by_name() -> None:
    assert chosen() == Filter()


def test_everything_can_be_chosen_at_once() -> None:
    assert chosen(
        q=" ash ",
        authority="001",
        phase="primary",
        trust="T1",
        took_part="never",
        meals="25",
        status="all",
        sort="-meals",
    ) == Filter("ash", "001", "primary", "T1", "never", 25, "all", "-meals")


@pytest.mark.parametrize("field", ["authority", "phase", "trust", "took_part", "meals", "status", "sort"])
@pytest.mark.parametrize("typed", ["nonsense", "\x00", "999", "'"])
def test_what_is_not_offered_is_ignored(field: str, typed: str) -> None:
    assert chosen(**{field: typed}) == Filter()
