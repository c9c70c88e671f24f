from __future__ import annotations

import pytest

from hubs.spreadsheets import cell


@pytest.mark.parametrize("value", ["=1+1", "+44", "-3", "@SUM(A1)", "\t=1", "\r=1"])
def test_what_a_spreadsheet_would_run_is_defused(value: str) -> None:
    assert cell(value) == f"'{value}"


@pytest.mark.parametrize("value", ["", "Ash Lane School", "St Mary's (VA)", "1 = 1", "'=1"])
def test_everything_else_stays_as_it_is(value: str) -> None:
    assert cell(value) == value
