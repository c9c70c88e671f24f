"""What the invented schools were before: links as the register gives them, with all the register's faults.

Pure, as `hubadmin.demo.invented` is. Most links are dated and stand on both sides. Some lack the date or
the other side, some name no direction, one in each area goes in a circle, and some were never entered.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from hubadmin.demo import kinds
from hubadmin.demo.invented import InventedSchool

# Schools that open after the map was drawn count from here.
FIRST_NEW_URN = 902_000
LINK_COLUMNS = ("URN", "LinkURN", "LinkName", "LinkType", "LinkEstablishedDate")
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class InventedLink:
    """A row of the links file."""

    urn: int
    other: InventedSchool
    kind: str
    established_on: dt.date | None

    def as_register_row(self) -> dict[str, str]:
        """The row by the file's headers."""
        written = self.established_on.strftime("%d-%m-%Y") if self.established_on else ""
        values = (str(self.urn), str(self.other.urn), self.other.name, self.kind, written)
        return dict(zip(LINK_COLUMNS, values, strict=True))


def write_links(path: Path, schools: Sequence[InventedSchool]) -> None:
    """Write the links of some schools as the register's own file: cp1252, CRLF, by URN."""
    with path.open("w", encoding="cp1252", newline="") as file:
        writer = csv.DictWriter(file, LINK_COLUMNS, lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(link.as_register_row() for link in sorted(links(schools), key=lambda link: link.urn))


def links(schools: Sequence[InventedSchool]) -> Iterator[InventedLink]:
    """All links between some schools, each side's by itself."""
    conversions = _conversions(schools)
    for number, (former, academy) in enumerate(conversions):
        yield from _links_of_conversion(number, former, academy)
    converted = {former.urn for former, _ in conversions}
    in_area: dict[str, int] = defaultdict(int)
    for school in schools:
        if school.status != kinds.CLOSED or school.urn in converted:
            continue
        neighbours = _neighbours(school, schools)
        if len(neighbours) > 1:
            yield from _links_of_closed(in_area[school.area.hub], school, neighbours)
            in_area[school.area.hub] += 1


def converted(schools: Sequence[InventedSchool], urns: Collection[int], on: dt.date) -> list[InventedSchool]:
    """The same schools after some have become academies on a day, each under a new URN at the end."""
    new_urns = count(FIRST_NEW_URN)
    trusts = {school.authority.code: school.trust for school in schools if school.trust}
    after: list[InventedSchool] = []
    academies: list[InventedSchool] = []
    for school in schools:
        if school.urn not in urns:
            after.append(school)
            continue
        after.append(
            replace(
                school,
                status=kinds.CLOSED,
                closed_on=on - _DAY,
                pupils=None,
                percent_fsm=None,
                telephone="",
                website="",
            )
        )
        academies.append(
            replace(
                school,
                urn=next(new_urns),
                number=9_000 + len(academies),
                name=_as_academy(school.name),
                type_code=34,
                trust=trusts[school.authority.code],
                opened_on=on,
            )
        )
    return after + academies


def _as_academy(name: str) -> str:
    """ "Ash Lane Primary School" becomes "Ash Lane Primary Academy"."""
    return f"{name.removesuffix(' School')} Academy"


def _conversions(schools: Sequence[InventedSchool]) -> list[tuple[InventedSchool, InventedSchool]]:
    """Closed schools with the academy that opened in their place the day after."""
    opened = {(school.place.postcode, school.opened_on): school for school in schools if school.opened_on}
    return [
        (school, academy)
        for school in schools
        if school.closed_on and (academy := opened.get((school.place.postcode, school.closed_on + _DAY)))
    ]


def _links_of_conversion(number: int, former: InventedSchool, academy: InventedSchool) -> Iterator[InventedLink]:
    on = None if number % 12 == 5 else academy.opened_on
    if number % 12 == 9:
        return
    yield InventedLink(academy.urn, former, "Predecessor", on)
    if number % 12 != 7:
        yield InventedLink(former.urn, academy, "Successor", on)


def _links_of_closed(
    number: int, closed: InventedSchool, neighbours: Sequence[InventedSchool]
) -> Iterator[InventedLink]:
    assert closed.closed_on is not None
    on = closed.closed_on + _DAY
    first, second = neighbours[:2]
    match number % 5:
        case 0:
            yield from _both_sides(closed, first, "merged", on)
        case 1:
            yield from _both_sides(closed, first, "Split School", on)
            yield from _both_sides(closed, second, "Split School", on)
        case 2:
            yield InventedLink(closed.urn, first, "Result of Amalgamation", closed.closed_on)
            yield InventedLink(first.urn, closed, "Result of Amalgamation", on)
        case 3:
            yield InventedLink(closed.urn, first, "Successor", on)
            yield InventedLink(first.urn, closed, "Successor", on)


def _both_sides(former: InventedSchool, later: InventedSchool, how: str, on: dt.date | None) -> Iterator[InventedLink]:
    yield InventedLink(former.urn, later, f"Successor - {how}", on)
    yield InventedLink(later.urn, former, f"Predecessor - {how}", on)


def _neighbours(school: InventedSchool, schools: Sequence[InventedSchool]) -> list[InventedSchool]:
    """Open schools of the same authority and phase, the nearest first."""
    open_ones = [
        other
        for other in schools
        if other.status == kinds.OPEN
        and other.authority == school.authority
        and other.kind.phase == school.kind.phase
        and not other.kind.key.startswith("independent")
    ]
    here = school.place
    return sorted(
        open_ones,
        key=lambda other: (other.place.easting - here.easting) ** 2 + (other.place.northing - here.northing) ** 2,
    )
