"""Laying a family of schools out as a picture: boxes in columns from the oldest to the newest, joined by lines.

Numbers only: lengths are in pixels of the picture, which the template draws as it is told.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass

# Two columns and the gap between them fit a phone of 360 pixels.
BOX_WIDTH = 128
GAP_ACROSS = 64
GAP_DOWN = 16
PADDING = 8
LINE_HEIGHT = 18
MARGIN = 2
# A label of eight characters at 12 pixels. It stands between two columns.
LABEL_WIDTH = 54
LABEL_HEIGHT = 14
# How far a line that runs backwards, on a circle, swings out below its boxes.
BEND = 48
# Characters of a name that fit on a line of a box at 14 pixels, and lines of a name.
CHARACTERS = 14
NAME_LINES = 4


@dataclass(frozen=True)
class Box:
    """What is to be drawn of a school: its name, and short lines below it."""

    urn: int
    name: str
    below: tuple[str, ...] = ()
    is_subject: bool = False
    is_usable: bool = True


@dataclass(frozen=True)
class Text:
    """A line of text: where it begins, on its baseline."""

    x: int
    y: int
    words: str
    is_name: bool = False


@dataclass(frozen=True)
class Node:
    """A box in its place."""

    urn: int
    column: int
    row: int
    x: int
    y: int
    height: int
    lines: tuple[Text, ...]
    is_subject: bool
    is_usable: bool
    width: int = BOX_WIDTH


@dataclass(frozen=True)
class Edge:
    """A line from an earlier school to a later one, as an SVG path, and its label."""

    path: str
    label: Text | None
    # Against the stream: on a circle, something has to run backwards.
    is_backwards: bool


@dataclass(frozen=True)
class Picture:
    """A family laid out."""

    width: int
    height: int
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def draw(boxes: list[Box], successions: list[tuple[int, int, str]]) -> Picture:
    """Lay schools out by what came of what: pairs of URNs, earlier and later, with a label of a few letters.

    Circles are broken where they are met; a pair of which a school is not among the boxes is left out.
    """
    urns = [box.urn for box in boxes]
    pairs = [pair for pair in successions if pair[0] in urns and pair[1] in urns]
    columns = columns_of(urns, [(earlier, later) for earlier, later, _ in pairs])
    rows = _rows(columns, [(earlier, later) for earlier, later, _ in pairs])
    texts = {box.urn: _lines(box) for box in boxes}
    height = 2 * PADDING + LINE_HEIGHT * max((len(lines) for lines in texts.values()), default=0)
    tallest = max((list(columns.values()).count(column) for column in columns.values()), default=0)
    whole = tallest * height + max(tallest - 1, 0) * GAP_DOWN
    nodes = {}
    for box in boxes:
        column, row = columns[box.urn], rows[box.urn]
        count = list(columns.values()).count(column)
        x = MARGIN + column * (BOX_WIDTH + GAP_ACROSS)
        y = MARGIN + (whole - count * height - (count - 1) * GAP_DOWN) // 2 + row * (height + GAP_DOWN)
        nodes[box.urn] = _node(box, column, row, x, y, height, texts[box.urn])
    edges = tuple(_edges(nodes, pairs))
    width = (max(columns.values(), default=-1) + 1) * (BOX_WIDTH + GAP_ACROSS) - GAP_ACROSS
    return Picture(
        width=max(width, 0) + 2 * MARGIN,
        height=whole + 2 * MARGIN + (BEND if any(edge.is_backwards for edge in edges) else 0),
        nodes=tuple(nodes.values()),
        edges=edges,
    )


def columns_of(urns: Iterable[int], pairs: list[tuple[int, int]]) -> dict[int, int]:
    """A column for each school, from 0: right of all it came from, and no further left than it need be.

    On a circle the school with the lowest URN is taken to have come first.
    """
    left = sorted(urns)
    columns: dict[int, int] = {}
    order: list[int] = []
    while left:
        free = [urn for urn in left if not any(later == urn and earlier in left for earlier, later in pairs)]
        for urn in free or left[:1]:
            before = [columns[earlier] for earlier, later in pairs if later == urn and earlier in columns]
            columns[urn] = max(before, default=-1) + 1
            order.append(urn)
        left = [urn for urn in left if urn not in columns]
    for urn in reversed(order):
        # Next to what it became: a school that joined late does not stand with the oldest.
        after = [columns[later] for earlier, later in pairs if earlier == urn and columns[later] > columns[urn]]
        columns[urn] = max(columns[urn], min(after, default=0) - 1)
    return columns


def _rows(columns: dict[int, int], pairs: list[tuple[int, int]]) -> dict[int, int]:
    """A row within its column for each school, near the rows of its neighbours; two sweeps there and back."""
    rows: dict[int, int] = {}
    across = sorted(set(columns.values()))
    for column in across:
        here = sorted(urn for urn, own in columns.items() if own == column)
        rows.update({urn: row for row, urn in enumerate(here)})
    for sweep in (across, across[::-1], across, across[::-1]):
        for column in sweep:
            here = [urn for urn, own in columns.items() if own == column]
            wanted = {urn: _middle_of_neighbours(urn, columns, rows, pairs) for urn in here}
            here.sort(key=lambda urn: (wanted[urn], rows[urn], urn))
            rows.update({urn: row for row, urn in enumerate(here)})
    return rows


def _middle_of_neighbours(
    urn: int, columns: dict[int, int], rows: dict[int, int], pairs: list[tuple[int, int]]
) -> float:
    neighbours = [later for earlier, later in pairs if earlier == urn]
    neighbours += [earlier for earlier, later in pairs if later == urn]
    places = [
        # Columns are centred: a row counts from the middle of its own.
        rows[other] - (sum(1 for own in columns.values() if own == columns[other]) - 1) / 2
        for other in neighbours
        if columns[other] != columns[urn]
    ]
    return sum(places) / len(places) if places else float(rows[urn])


def _lines(box: Box) -> list[tuple[str, bool]]:
    """The lines of a box and whether each is of the name, which is shortened when it is very long."""
    name = textwrap.wrap(box.name, CHARACTERS, max_lines=NAME_LINES, placeholder="…") or [box.name]
    return [(line, True) for line in name] + [(line, False) for line in box.below]


def _node(box: Box, column: int, row: int, x: int, y: int, height: int, lines: list[tuple[str, bool]]) -> Node:
    top = y + (height - LINE_HEIGHT * len(lines)) // 2
    texts = tuple(
        Text(x + PADDING, top + LINE_HEIGHT * number + 13, words, is_name)
        for number, (words, is_name) in enumerate(lines)
    )
    return Node(box.urn, column, row, x, y, height, texts, box.is_subject, box.is_usable)


def _edges(nodes: dict[int, Node], pairs: list[tuple[int, int, str]]) -> Iterable[Edge]:
    labels: list[Text] = []
    for earlier, later, label in pairs:
        start, end = nodes[earlier], nodes[later]
        is_backwards = end.column <= start.column
        x1, y1 = start.x + start.width, start.y + start.height // 2
        x2, y2 = end.x, end.y + end.height // 2
        if is_backwards:
            # Below the boxes, from the foot of the one to the foot of the other.
            x1, x2 = start.x + start.width // 2, end.x + end.width // 2
            foot, end_foot = start.y + start.height, end.y + end.height
            low = max(foot, end_foot) + BEND
            path = f"M{x1} {foot} C{x1} {low} {x2} {low} {x2} {end_foot + 7}"
        else:
            middle = x2 - GAP_ACROSS // 2
            path = f"M{x1} {y1} H{x2 - GAP_ACROSS + 4} C{middle} {y1} {middle} {y2} {x2 - 7} {y2}"
        text = None
        if label and not is_backwards:
            places = []
            leaving = [nodes[other] for one, other, _ in pairs if one == earlier and other != later]
            arriving = [nodes[one] for one, other, _ in pairs if other == later and one != earlier]
            # Below a line that others part from upwards or join from above, which would run through its label.
            is_crowded = y1 == y2 and any(node.y < end.y for node in leaving + arriving)
            beside = LABEL_HEIGHT if is_crowded else -6
            if not leaving:
                places.append((x1 + 6, y1 + beside))
            if not arriving:
                places.append((x2 - GAP_ACROSS + 6, y2 + beside))
            # Where it shares both ends with others: on the line itself, on its way from row to row.
            places += [(x2 - GAP_ACROSS + 6, _on_its_way(y1, y2, part) + 4) for part in (0.5, 0.4, 0.6, 0.3, 0.7)]
            free = (Text(*place, label) for place in places if not any(_is_over(place, one) for one in labels))
            if text := next(free, None):
                labels.append(text)
        yield Edge(path, text, is_backwards)


def _on_its_way(y1: int, y2: int, part: float) -> int:
    """How far down a line from one row to another is after a part of its way."""
    return round(y1 + (y2 - y1) * (3 * part**2 - 2 * part**3))


def _is_over(place: tuple[int, int], other: Text) -> bool:
    """Whether a label would stand on another one."""
    return abs(place[0] - other.x) < LABEL_WIDTH and abs(place[1] - other.y) < LABEL_HEIGHT
