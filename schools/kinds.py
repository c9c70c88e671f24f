"""What follows from the register's codes: pure rules, each with its reason. No database and no clock.

The lists' filters are the same rules once more, in `schools.models.SchoolQuerySet`; tests hold the two together.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

from hubs.wording import plain_day

T = TypeVar("T")

# Maintained schools, academies and free schools, each with the special schools among them; maintained special
# schools are in a group with those that are not.
STATE_FUNDED_GROUPS: dict[int, str] = {4: "maintained", 10: "academy", 11: "free school"}
STATE_FUNDED_TYPES: dict[int, str] = {7: "maintained special school", 12: "maintained special school"}
_OTHER_TYPES: dict[int, str] = {
    6: "independent",
    8: "non-maintained special school",
    10: "independent",
    11: "independent",
}
_OTHER_GROUPS: dict[int, str] = {1: "college", 3: "independent", 6: "Welsh school"}
SPECIAL_TYPES: frozenset[int] = frozenset({7, 8, 10, 12, 33, 36, 44})
# Three digits, so that they compare as text.
FIRST_WELSH, LAST_WELSH = "660", "699"


class Phase(StrEnum):
    """A phase of education, as stages ask for it. A school may serve several."""

    NURSERY = "nursery"
    PRIMARY = "primary"
    SECONDARY = "secondary"
    SIXTEEN_PLUS = "16 plus"


class Kind(StrEnum):
    """What people call a school, by the ages it serves."""

    NURSERY = "nursery"
    INFANT = "infant"
    JUNIOR = "junior"
    PRIMARY = "primary"
    MIDDLE_DEEMED_PRIMARY = "middle deemed primary"
    MIDDLE_DEEMED_SECONDARY = "middle deemed secondary"
    SECONDARY = "secondary"
    ALL_THROUGH = "all-through"
    SIXTEEN_PLUS = "16 plus"
    SPECIAL = "special"
    UNKNOWN = "not known"


class Standing(StrEnum):
    """Whether a school teaches."""

    OPENING = "opening"
    OPEN = "open"
    CLOSING = "closing"
    CLOSED = "closed"


@dataclass(frozen=True)
class Verdict(Generic[T]):
    """What follows from the register, and why: words that complete "because …" or stand after a colon."""

    value: T
    reason: str


class Authority(Protocol):
    """What the rules read of a local authority."""

    code: str
    name: str
    region: str


class Facts(Protocol):
    """What the rules read of a school; `School` is one of these."""

    authority_id: str
    status: int
    type_code: int
    type_name: str
    type_group_code: int | None
    type_group_name: str
    phase: str
    low_age: int | None
    high_age: int | None
    trust_code: str
    trust_name: str
    opened_on: dt.date | None
    closed_on: dt.date | None


def state_funded(school: Facts) -> Verdict[bool]:
    """Whether the state funds it, in England: the register has no column that says so."""
    kind = _type_of(school)
    if FIRST_WELSH <= school.authority_id <= LAST_WELSH:
        return Verdict(False, f"in Wales: authority {school.authority_id}, {kind}")
    for codes, code in (
        (STATE_FUNDED_TYPES, school.type_code),
        (STATE_FUNDED_GROUPS, school.type_group_code),
    ):
        if code in codes:
            return Verdict(True, f"{codes[code]}: {kind}")
    word = _OTHER_TYPES.get(school.type_code) or _OTHER_GROUPS.get(school.type_group_code or 0)
    return Verdict(False, f"{word or school.type_group_name.lower() or 'another kind'}: {kind}")


def special(school: Facts) -> Verdict[bool]:
    """Whether it is a special school, whoever pays for it."""
    return Verdict(school.type_code in SPECIAL_TYPES, _type_of(school))


def phases(school: Facts) -> Verdict[frozenset[Phase]]:
    """The phases it serves, by its ages or else by the register's phase; none where the register gives neither."""
    ages = _ages_of(school)
    if ages is None:
        return Verdict(PHASES_BY_NAME.get(school.phase, frozenset()), _no_ages(school))
    low, high = ages
    served = frozenset(
        phase
        for phase, (oldest_low, youngest_high) in AGES_OF_PHASE.items()
        if low <= oldest_low and high >= youngest_high
    )
    return Verdict(served, f"ages {low} to {high}")


def kind(school: Facts) -> Verdict[Kind]:
    """What people would call it, by its type, the register's phase and its ages."""
    if special(school).value:
        return Verdict(Kind.SPECIAL, _type_of(school))
    ages = _ages_of(school)
    named = _KIND_OF_PHASE.get(school.phase)
    if named and not (named == Kind.PRIMARY and ages):
        return Verdict(named, f"phase {school.phase}")
    if ages is None:
        return Verdict(Kind.UNKNOWN, _no_ages(school))
    return Verdict(_kind_by_ages(*ages), f"ages {ages[0]} to {ages[1]}")


def standing(school: Facts) -> Verdict[Standing]:
    """Whether it teaches, as the register says; dates that are still to come count for nothing."""
    value, words, day = {
        1: (Standing.OPEN, "status 1, Open", school.opened_on),
        2: (Standing.CLOSED, "status 2, Closed", school.closed_on),
        3: (Standing.CLOSING, "status 3, Open, but proposed to close", school.closed_on),
        4: (Standing.OPENING, "status 4, Proposed to open", school.opened_on),
    }[school.status]
    since = f", {'since ' if school.status == 1 else ''}{plain_day(day)}" if day else ""
    return Verdict(value, f"{words}{since}")


def region(authority: Authority) -> Verdict[str]:
    """The region of England, or what the register says in its place, by the authority; empty when it is not said."""
    return Verdict(authority.region, f"authority {authority.code}, {authority.name}")


def trust(school: Facts) -> Verdict[str]:
    """The trust that runs it; empty when the register names none."""
    if not school.trust_name:
        return Verdict("", "the register names no trust")
    return Verdict(school.trust_name, f"trust {school.trust_code}" if school.trust_code else "as the register names it")


# A phase is served by a school that takes children this old at the latest and keeps them to this age at least. A
# school to 11 is left at 11, before the first secondary year; one from 4 has a reception class and no nursery.
AGES_OF_PHASE: dict[Phase, tuple[int, int]] = {
    Phase.NURSERY: (3, 0),
    Phase.PRIMARY: (10, 6),
    Phase.SECONDARY: (15, 12),
    Phase.SIXTEEN_PLUS: (120, 17),
}
_MIDDLE = frozenset({Phase.PRIMARY, Phase.SECONDARY})
PHASES_BY_NAME: dict[str, frozenset[Phase]] = {
    "Nursery": frozenset({Phase.NURSERY}),
    "Primary": frozenset({Phase.PRIMARY}),
    "Middle deemed primary": _MIDDLE,
    "Middle deemed secondary": _MIDDLE,
    "Secondary": frozenset({Phase.SECONDARY}),
    "All-through": _MIDDLE,
    "16 plus": frozenset({Phase.SIXTEEN_PLUS}),
}
_KIND_OF_PHASE: dict[str, Kind] = {
    "Nursery": Kind.NURSERY,
    "Primary": Kind.PRIMARY,
    "Middle deemed primary": Kind.MIDDLE_DEEMED_PRIMARY,
    "Middle deemed secondary": Kind.MIDDLE_DEEMED_SECONDARY,
    "Secondary": Kind.SECONDARY,
    "All-through": Kind.ALL_THROUGH,
    "16 plus": Kind.SIXTEEN_PLUS,
}


def _kind_by_ages(low: int, high: int) -> Kind:
    if low >= 16:
        return Kind.SIXTEEN_PLUS
    if high <= 5:
        return Kind.NURSERY
    if high <= 7:
        return Kind.INFANT
    if high <= 11:
        return Kind.JUNIOR if low >= 7 else Kind.PRIMARY
    if low >= 11:
        return Kind.SECONDARY
    if low >= 8 and high <= 14:
        # A middle school is deemed to be of the phase to which most of its years belong; 9 to 13 is secondary.
        return Kind.MIDDLE_DEEMED_PRIMARY if 11 - low > high - 11 else Kind.MIDDLE_DEEMED_SECONDARY
    # One year beyond the phase's own does not make a school all-through.
    if high <= 12:
        return Kind.PRIMARY
    return Kind.SECONDARY if low >= 10 else Kind.ALL_THROUGH


def _ages_of(school: Facts) -> tuple[int, int] | None:
    if school.low_age is None or school.high_age is None:
        return None
    return school.low_age, school.high_age


def _no_ages(school: Facts) -> str:
    return (
        f"no ages, phase {school.phase}"
        if school.phase in PHASES_BY_NAME
        else "the register gives neither ages nor a phase"
    )


def _type_of(school: Facts) -> str:
    return f"type {school.type_code}, {school.type_name}" if school.type_name else f"type {school.type_code}"
