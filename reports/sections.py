"""How a report's schools are told one after the other: by Work Group, and a bearable number at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from programmes.models import StageYear
from workgroups.models import Place, PlaceState, WorkGroup


@dataclass(frozen=True, order=True)
class Section:
    """A heading under which schools stand, in the order of the report."""

    order: tuple[int, ...]
    name: str
    about: str


def section_of(place: Place) -> Section:
    """Under which heading a place stands; its stage, group and Specialist are at hand."""
    if place.group:
        return section_of_group(place.group, place.stage_year)
    if place.state == PlaceState.LEFT:
        return Section((2,), "Schools that left", "")
    return Section((1,), "Without a Work Group", "")


def section_of_group(group: WorkGroup, stage: StageYear) -> Section:
    """The heading of a group, which is of this stage and year; its Specialist is at hand."""
    about = f"{stage.title}, {stage.year_label}, led by {group.specialist}"
    return Section((0, -stage.year, stage.stage.order), group.name, about)


def order_of(place: Place) -> tuple[str, str, int, int]:
    """Where a place stands in its section: by the school's name of today, then the latest year first."""
    school, stage = place.school_now, place.stage_year
    return school.name.casefold(), school.urn_in_words, -stage.year, stage.stage.order


class HasLines(Protocol):
    """A section of a report, with a line for each school."""

    @property
    def lines(self) -> list[Any]:
        """A line for each school."""


@dataclass(frozen=True)
class Piece:
    """A section, or as much of it as stands in one part: `lines` of it; its sums are told where it ends."""

    section: Any
    lines: list[Any]
    begins: bool
    ends: bool


def parts_of(sections: Sequence[HasLines], *, most: int) -> list[list[Piece]]:
    """The sections in parts of `most` schools or fewer; none is cut unless it has more. At least one part."""
    parts: list[list[Piece]] = [[]]
    room = most
    for piece in _pieces(sections, most):
        if len(piece.lines) > room and parts[-1]:
            parts.append([])
            room = most
        parts[-1].append(piece)
        room -= len(piece.lines)
    return parts


def _pieces(sections: Sequence[HasLines], most: int) -> Iterator[Piece]:
    for section in sections:
        for start in range(0, len(section.lines), most):
            end = start + most
            yield Piece(section, section.lines[start:end], start == 0, end >= len(section.lines))
