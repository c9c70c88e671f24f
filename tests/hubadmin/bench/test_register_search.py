from __future__ import annotations

import pytest

from hubadmin.bench.register_search import Timing, holds


def timings(*, near: float, over: float) -> list[Timing]:
    """A hundred quick searches of each part, and ten that take these milliseconds."""
    return [
        Timing("broad", "school", is_near, milliseconds, statements=2, found=10)
        for is_near, slow in ((True, near), (False, over))
        for milliseconds in [2.0] * 100 + [slow] * 10
    ]


@pytest.mark.parametrize(
    ("near", "over", "verdicts"),
    [
        (20, 20, ["holds", "holds"]),
        (50, 20, ["DOES NOT HOLD", "holds"]),
        (20, 50, ["holds", "DOES NOT HOLD"]),
    ],
)
def test_near_a_hub_and_over_the_country_are_judged_apart(near: float, over: float, verdicts: list[str]) -> None:
    said: list[str] = []

    assert holds(timings(near=near, over=over), said.append) == (verdicts == ["holds", "holds"])
    assert [line.rpartition(": ")[2] for line in said] == verdicts
    assert said[0].startswith("near a hub: p95 of")
