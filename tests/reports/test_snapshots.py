from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.snapshots import freeze, thaw


@dataclass(frozen=True)
class Inner:
    pence: int
    on: dt.date | None


@dataclass(frozen=True)
class Outer:
    words: str
    at: dt.datetime
    number: int | None
    inner: list[Inner]
    one: Inner
    texts: list[str]


moments = st.datetimes(timezones=st.just(dt.UTC))
inner = st.builds(Inner, st.integers(), st.none() | st.dates())
text = st.text(st.characters(exclude_categories=["Cs"]))
outer = st.builds(Outer, text, moments, st.none() | st.integers(), st.lists(inner), inner, st.lists(text))


@given(outer)
def test_what_is_frozen_and_thawed_is_the_same(given: Outer) -> None:
    assert thaw(Outer, json.loads(json.dumps(freeze(given)))) == given


def test_what_is_missing_is_not_made_up() -> None:
    with pytest.raises(KeyError, match="on"):
        thaw(Inner, {"pence": 1})
