from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from reports.sections import parts_of


@dataclass(frozen=True)
class Numbers:
    lines: list[int]


sections = st.lists(st.builds(Numbers, st.lists(st.integers(), min_size=1, max_size=40)), max_size=12)


@given(sections, st.integers(min_value=1, max_value=30))
def test_every_school_is_told_once_in_order_and_no_part_is_too_long(given: list[Numbers], most: int) -> None:
    parts = parts_of(given, most=most)

    pieces = [piece for part in parts for piece in part]
    assert [line for piece in pieces for line in piece.lines] == [line for one in given for line in one.lines]
    assert all(sum(len(piece.lines) for piece in part) <= most for part in parts)
    assert len(parts) == 1 or all(parts)
    # Each section begins once and ends once; its sums stand where it ends.
    assert [piece.section for piece in pieces if piece.begins] == given
    assert [piece.section for piece in pieces if piece.ends] == given


def test_a_section_is_cut_only_when_no_part_could_hold_it() -> None:
    parts = parts_of([Numbers([1] * 5), Numbers([2] * 6), Numbers([3] * 23)], most=10)
    assert [[len(piece.lines) for piece in part] for part in parts] == [[5], [6], [10], [10], [3]]


def test_where_there_is_no_school_there_is_one_part() -> None:
    assert parts_of([], most=10) == [[]]
