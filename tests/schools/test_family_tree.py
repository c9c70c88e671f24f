from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from schools.family_tree import (
    BOX_WIDTH,
    CHARACTERS,
    LABEL_HEIGHT,
    LABEL_WIDTH,
    NAME_LINES,
    Box,
    Node,
    Picture,
    columns_of,
    draw,
)

PAIRS = st.lists(st.tuples(st.integers(1, 12), st.integers(1, 12)), max_size=25).map(
    lambda pairs: [(one, other) for one, other in pairs if one != other]
)


def picture_of(*pairs: tuple[int, int], names: dict[int, str] | None = None) -> Picture:
    """Schools drawn by what came of what."""
    urns = sorted({urn for pair in pairs for urn in pair} | set(names or {}))
    boxes = [Box(urn, (names or {}).get(urn, f"School {urn}"), (f"URN {urn}",)) for urn in urns]
    return draw(boxes, [(earlier, later, "Sep 2014") for earlier, later in pairs])


def test_what_came_later_stands_further_right() -> None:
    assert columns_of([1, 2, 3], [(1, 2), (2, 3)]) == {1: 0, 2: 1, 3: 2}


def test_a_school_that_joined_late_stands_beside_what_it_joined() -> None:
    assert columns_of([1, 2, 3, 4], [(1, 2), (2, 3), (4, 3)]) == {1: 0, 2: 1, 4: 1, 3: 2}


def test_schools_that_merged_stand_above_each_other_and_what_they_became_between_them() -> None:
    one, other, merged = picture_of((1, 3), (2, 3)).nodes
    assert one.x == other.x < merged.x
    assert one.y < merged.y < other.y
    assert one.y + one.height < other.y


def test_two_columns_fit_a_phone() -> None:
    assert picture_of((1, 2)).width <= 330


def test_a_long_name_is_wrapped_and_a_very_long_one_shortened() -> None:
    name = "Burnt Yates Church of England Voluntary Aided Endowed Primary School of Saint Cuthbert"
    (node,) = picture_of(names={1: name}).nodes
    lines = [line.words for line in node.lines if line.is_name]
    assert len(lines) == NAME_LINES and lines[-1].endswith("…")
    assert all(len(line) <= CHARACTERS for line in lines)


def test_a_line_is_labelled_where_it_stands_alone() -> None:
    merged = picture_of((1, 3), (2, 3))
    assert len({(edge.label.x, edge.label.y) for edge in merged.edges if edge.label}) == 2
    split = picture_of((1, 2), (1, 3))
    assert len({(edge.label.x, edge.label.y) for edge in split.edges if edge.label}) == 2


def test_a_line_that_shares_both_ends_is_labelled_on_its_way() -> None:
    # 1 split into 3 and 4, and 2 became 4 as well: nobody must take the label of 1 and 4 for that of 2 and 4.
    picture = picture_of((1, 3), (1, 4), (2, 4))
    one, two, three, four = picture.nodes
    labels = [edge.label.y for edge in picture.edges if edge.label]
    assert labels[0] == middle_of(three) - 6
    assert middle_of(one) + 10 < labels[1] < middle_of(four) - 10
    # Below its line, which that of 1 and 4 joins from above.
    assert labels[2] == middle_of(two) + LABEL_HEIGHT


def middle_of(node: Node) -> int:
    return node.y + node.height // 2


@given(PAIRS)
def test_no_label_stands_on_a_box_or_on_another_label_or_far_from_its_line(pairs: list[tuple[int, int]]) -> None:
    unique = list(dict.fromkeys(pairs))
    picture = picture_of(*unique)
    nodes = {node.urn: node for node in picture.nodes}
    labelled = [(pair, edge.label) for pair, edge in zip(unique, picture.edges, strict=True) if edge.label]
    for (earlier, later), label in labelled:
        ys = [middle_of(nodes[earlier]), middle_of(nodes[later])]
        assert min(ys) - 6 <= label.y <= max(ys) + LABEL_HEIGHT
        assert nodes[earlier].x + BOX_WIDTH < label.x < nodes[later].x
        for node in picture.nodes:
            beside = label.x + LABEL_WIDTH <= node.x or node.x + BOX_WIDTH <= label.x
            assert beside or label.y < node.y or label.y - LABEL_HEIGHT > node.y + node.height
        for _, other in labelled:
            apart = abs(label.x - other.x) >= LABEL_WIDTH or abs(label.y - other.y) >= LABEL_HEIGHT
            assert other is label or apart


def test_on_a_circle_one_line_runs_backwards() -> None:
    circle = picture_of((1, 2), (2, 3), (3, 1))
    assert [edge.is_backwards for edge in circle.edges] == [False, False, True]
    assert circle.height > picture_of((1, 2), (2, 3)).height


@given(PAIRS)
def test_no_two_boxes_touch_and_all_lie_within_the_picture(pairs: list[tuple[int, int]]) -> None:
    picture = picture_of(*dict.fromkeys(pairs))
    for node in picture.nodes:
        assert node.x >= 0 and node.x + BOX_WIDTH <= picture.width
        assert node.y >= 0 and node.y + node.height <= picture.height
        for other in picture.nodes:
            apart = node.x + BOX_WIDTH <= other.x or node.y + node.height <= other.y
            assert node is other or apart or other.x + BOX_WIDTH <= node.x or other.y + other.height <= node.y
    assert len(picture.edges) == len(dict.fromkeys(pairs))
