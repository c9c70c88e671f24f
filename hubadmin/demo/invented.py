"""The demo's national map: 1,200 schools that do not exist, the same ones every time.

Pure: no database, no clock. `write_register` writes them in the true register's layout, so that the
demo is seeded through the real import. The heads' names are put together by chance.
"""

from __future__ import annotations

import csv
import datetime as dt
import math
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from hubadmin.demo import kinds
from hubadmin.demo.kinds import KIND, KINDS, Kind
from hubadmin.demo.naming import ANGLICAN_CHARACTER, CATHOLIC_CHARACTER, Namer
from hubadmin.demo.people import FAMILY_NAMES, GIVEN_NAMES
from hubadmin.demo.places import AREAS, CHURCH_TRUSTS, STREETS, TRUSTS, Area, Authority
from schools.layout import COLUMNS
from schools.wording import fold

FIRST_URN = 900_000
_SEED = 1729
# Postcodes end in two letters of these: the others look like digits.
_INWARD_LETTERS = "ABDEFGHJLNPQRSTUWXYZ"


@dataclass(frozen=True)
class Trust:
    """An invented academy trust."""

    code: str
    name: str


@dataclass(frozen=True)
class Place:
    """Where a school stands: its address and its metres on the national grid."""

    street: str
    town: str
    postcode: str
    easting: int
    northing: int


@dataclass(frozen=True)
class InventedSchool:
    """A school that does not exist. Figures are None where the register has none."""

    urn: int
    area: Area
    authority: Authority
    number: int
    name: str
    kind: Kind
    type_code: int
    status: int
    religious_character: str
    place: Place
    trust: Trust | None
    pupils: int | None
    percent_fsm: float | None
    telephone: str
    website: str
    opened_on: dt.date | None
    closed_on: dt.date | None

    def as_register_row(self) -> dict[str, str]:
        """The register's columns that are filled, by their headers."""
        type_name, group = kinds.TYPES[self.type_code]
        return {
            "URN": str(self.urn),
            "LA (code)": self.authority.code,
            "LA (name)": self.authority.name,
            "EstablishmentNumber": f"{self.number:04}",
            "EstablishmentName": self.name,
            "TypeOfEstablishment (code)": str(self.type_code),
            "TypeOfEstablishment (name)": type_name,
            "EstablishmentTypeGroup (code)": str(group),
            "EstablishmentTypeGroup (name)": kinds.GROUP_NAMES[group],
            "EstablishmentStatus (code)": str(self.status),
            "EstablishmentStatus (name)": kinds.STATUS_NAMES[self.status],
            "OpenDate": _written(self.opened_on),
            "ReasonEstablishmentOpened (name)": "Academy Converter"
            if self.type_code in kinds.BEFORE_CONVERSION
            else "",
            "CloseDate": _written(self.closed_on),
            "PhaseOfEducation (name)": self.kind.phase,
            "StatutoryLowAge": str(self.kind.low_age),
            "StatutoryHighAge": str(self.kind.high_age),
            "Gender (name)": "Mixed",
            "ReligiousCharacter (name)": self.religious_character,
            "NumberOfPupils": "" if self.pupils is None else str(self.pupils),
            "PercentageFSM": "" if self.percent_fsm is None else f"{self.percent_fsm:.1f}",
            "Trusts (code)": self.trust.code if self.trust else "",
            "Trusts (name)": self.trust.name if self.trust else "",
            "Street": self.place.street,
            "Town": self.place.town,
            "County (name)": self.area.county,
            "Postcode": self.place.postcode,
            "SchoolWebsite": self.website,
            "TelephoneNum": self.telephone,
            "GOR (name)": self.area.region,
            "Easting": str(self.place.easting),
            "Northing": str(self.place.northing),
            **self._head(),
        }

    def _head(self) -> dict[str, str]:
        if self.status not in (kinds.OPEN, kinds.CLOSING):
            return {}
        # By the place, which stays when the school becomes an academy: the head usually does, too.
        chance = random.Random(self.place.postcode)  # noqa: S311
        return {
            "HeadTitle (name)": chance.choice(("Ms", "Mr", "Mrs", "Dr")),
            "HeadFirstName": chance.choice(GIVEN_NAMES),
            "HeadLastName": chance.choice(FAMILY_NAMES),
            "HeadPreferredJobTitle": "Principal" if self.trust and chance.random() < 0.3 else "Headteacher",
        }


def invented_schools() -> list[InventedSchool]:
    """All the invented schools, by URN; the same list every time."""
    chance = random.Random(_SEED)  # noqa: S311 (true-looking, not secret)
    urns = count(FIRST_URN)
    return [school for area in AREAS for school in _schools_of_area(area, chance, urns)]


def write_register(path: Path, schools: Iterable[InventedSchool] | None = None) -> None:
    """Write some schools, or all, as the register's own file: 140 columns, cp1252, CRLF."""
    with path.open("w", encoding="cp1252", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="", lineterminator="\r\n")
        writer.writeheader()
        given = invented_schools() if schools is None else schools
        writer.writerows(school.as_register_row() for school in given)


def _written(day: dt.date | None) -> str:
    return day.strftime("%d-%m-%Y") if day else ""


def _schools_of_area(area: Area, chance: random.Random, urns: Iterator[int]) -> Iterator[InventedSchool]:
    telephones = map(area.telephone.format, count())
    districts = count(1)
    for authority in area.authorities:
        yield from _Mapmaker(area, authority, chance, urns, telephones, districts).schools()


@dataclass(frozen=True)
class _Town:
    name: str
    district: str
    easting: float
    northing: float
    percent_fsm: float


class _Mapmaker:
    """Makes the schools of one authority, one after the other, from one stream of chance."""

    def __init__(
        self,
        area: Area,
        authority: Authority,
        chance: random.Random,
        urns: Iterator[int],
        telephones: Iterator[str],
        districts: Iterator[int],
    ) -> None:
        self._area, self._authority, self._chance = area, authority, chance
        self._urns, self._telephones = urns, telephones
        self._namer = Namer(chance)
        self._numbers: dict[int, Iterator[int]] = {kind.first_number: count(kind.first_number) for kind in KINDS}
        self._postcodes: set[str] = set()
        self._towns = [
            self._town(name, f"{area.postcode_area}{next(districts)}", middle=not position)
            for position, name in enumerate(authority.towns)
        ]
        self._trusts = self._invent_trusts()

    def schools(self) -> Iterator[InventedSchool]:
        """As many schools as the authority has, closed ones among them."""
        left = self._authority.schools
        while left:
            # An infant school and its junior school, or an academy and the school it was before.
            family = self._family()[:left]
            left -= len(family)
            yield from family

    def _family(self) -> list[InventedSchool]:
        town = self._chance.choices(self._towns, [12 / (position + 1) for position in range(len(self._towns))])[0]
        shares = [kind.share_three_tier if self._authority.three_tier else kind.share for kind in KINDS]
        kind = self._chance.choices(KINDS, shares)[0]
        type_code = self._chance.choice(kind.types)
        character = self._character(kind, type_code)
        stem = self._namer.stem(character=character, town=town.name)
        school = self._school(kind, type_code, character, stem, town)
        if kind.key in ("infant", "junior"):
            partner = KIND["junior" if kind.key == "infant" else "infant"]
            next_door = self._school(partner, type_code, character, stem, town)
            place = replace(school.place, postcode=next_door.place.postcode)
            return [school, replace(next_door, place=place)]
        was_converted = type_code in kinds.BEFORE_CONVERSION and self._chance.random() < 0.25
        if was_converted and school.opened_on and school.status == kinds.OPEN:
            return [self._before_conversion(school, school.opened_on, stem), school]
        return [school]

    def _school(self, kind: Kind, type_code: int, character: str, stem: str, town: _Town) -> InventedSchool:
        academy = type_code in kinds.ACADEMIES
        status = self._chance.choices((kinds.OPEN, kinds.CLOSED, kinds.CLOSING, kinds.PROPOSED), (965, 20, 10, 5))[0]
        name = self._namer.name(kind.key, academy=academy, stem=stem, character=character, town=town.name)
        has_figures = status in (kinds.OPEN, kinds.CLOSING)
        opened_on = (
            dt.date(self._chance.randint(2011, 2023), self._chance.choice((1, 4, 9, 9, 9)), 1) if academy else None
        )
        return InventedSchool(
            urn=next(self._urns),
            area=self._area,
            authority=self._authority,
            number=next(self._numbers[kind.first_number]),
            name=name,
            kind=kind,
            type_code=type_code,
            status=status,
            religious_character=character,
            place=self._place(town),
            trust=self._trust(character) if academy else None,
            pupils=int(self._chance.triangular(*kind.pupils)) if has_figures else None,
            percent_fsm=self._percent_fsm(kind, town) if has_figures else None,
            telephone=next(self._telephones) if has_figures else "",
            website=f"https://www.{fold(f'{name} {town.name}').replace(' ', '-')}.example" if has_figures else "",
            opened_on=dt.date(2027, 9, 1) if status == kinds.PROPOSED else opened_on,
            closed_on=dt.date(self._chance.randint(2025, 2026), 8, 31) if status == kinds.CLOSED else None,
        )

    def _before_conversion(self, academy: InventedSchool, converted_on: dt.date, stem: str) -> InventedSchool:
        character, town = academy.religious_character, academy.place.town
        return replace(
            academy,
            urn=next(self._urns),
            number=next(self._numbers[academy.kind.first_number]),
            name=self._namer.name(academy.kind.key, academy=False, stem=stem, character=character, town=town),
            type_code=2 if character else self._chance.choice(kinds.BEFORE_CONVERSION[academy.type_code]),
            status=kinds.CLOSED,
            trust=None,
            pupils=None,
            percent_fsm=None,
            telephone="",
            website="",
            opened_on=None,
            closed_on=converted_on - dt.timedelta(days=1),
        )

    def _character(self, kind: Kind, type_code: int) -> str:
        if kind.phase not in ("Primary", "Secondary", "Middle deemed secondary"):
            return ""
        anglican, catholic = {2: (0.4, 0.6), 3: (1.0, 0.0), 34: (0.3, 0.15)}.get(type_code, (0.0, 0.0))
        drawn = self._chance.random()
        if drawn < anglican:
            return ANGLICAN_CHARACTER
        return CATHOLIC_CHARACTER if drawn < anglican + catholic else ""

    def _town(self, name: str, district: str, *, middle: bool) -> _Town:
        distance = 0 if middle else self._chance.uniform(3_000, 13_000)
        angle = self._chance.uniform(0, 2 * math.pi)
        return _Town(
            name=name,
            district=district,
            easting=self._authority.easting + distance * math.cos(angle),
            northing=self._authority.northing + distance * math.sin(angle),
            percent_fsm=self._chance.uniform(28, 42) if middle else self._chance.uniform(6, 30),
        )

    def _place(self, town: _Town) -> Place:
        return Place(
            street=self._chance.choice(STREETS),
            town=town.name,
            postcode=self._postcode(town.district),
            easting=round(self._chance.gauss(town.easting, 900)),
            northing=round(self._chance.gauss(town.northing, 900)),
        )

    def _postcode(self, district: str) -> str:
        while True:
            letters = "".join(self._chance.choices(_INWARD_LETTERS, k=2))
            postcode = f"{district} {self._chance.randint(1, 9)}{letters}"
            if postcode not in self._postcodes:
                self._postcodes.add(postcode)
                return postcode

    def _percent_fsm(self, kind: Kind, town: _Town) -> float:
        if kind.key.startswith("independent"):
            return 0.0
        return round(min(max(self._chance.gauss(town.percent_fsm, 6), 1.2), 78.0), 1)

    def _invent_trusts(self) -> dict[str, list[Trust]]:
        names = {"": [pattern.format(self._authority.name) for pattern in TRUSTS]}
        names |= {character: [pattern.format(self._authority.name)] for character, pattern in CHURCH_TRUSTS.items()}
        codes = count(90_000 + 10 * int(self._authority.code))
        return {character: [Trust(str(next(codes)), name) for name in given] for character, given in names.items()}

    def _trust(self, character: str) -> Trust:
        return self._chance.choice(self._trusts[character])
