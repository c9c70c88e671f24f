"""Two schools side by side: what the register knows of each, for a person to judge whether they are one."""

from __future__ import annotations

import math
from dataclasses import dataclass

from hubs.wording import plain_day
from schools.models import School

_KILOMETRE = 1000
# Of one school under two URNs these differ as a rule.
_OFTEN_CHANGE = ("URN", "State", "Opened", "Closed", "Kind", "Trust", "Pupils")


@dataclass(frozen=True)
class Fact:
    """What the register says of both schools, or a hub of the one that it added."""

    label: str
    earlier: str
    later: str

    @property
    def differs(self) -> bool:
        """Whether the two are known and not the same, in something that one school has all its life."""
        known = bool(self.earlier and self.later) and self.label not in _OFTEN_CHANGE
        return known and self.earlier.casefold() != self.later.casefold()


def side_by_side(earlier: School, later: School) -> list[Fact]:
    """The facts of two schools; those that the register gives for neither are left out. Reads their authorities."""
    return [
        Fact(label, one, other)
        for (label, one), (_, other) in zip(_facts_of(earlier), _facts_of(later), strict=True)
        if one or other
    ]


def distance(one: School, other: School) -> int | None:
    """How far apart two schools lie, in metres as the crow flies; None where the register does not place both."""
    if one.easting is None or one.northing is None or other.easting is None or other.northing is None:
        return None
    return round(math.hypot(one.easting - other.easting, one.northing - other.northing))


def distance_in_words(metres: int | None) -> str:
    """A distance as people say it: "the same place", "140 metres", "2.3 kilometres"; nothing for none."""
    if metres is None:
        return ""
    if metres == 0:
        return "the same place"
    if metres < _KILOMETRE:
        return f"{metres} metre{'' if metres == 1 else 's'}"
    return f"{metres / _KILOMETRE:,.1f} kilometres"


def _facts_of(school: School) -> list[tuple[str, str]]:
    head = (school.head_title, school.head_first_name, school.head_last_name)
    street = (school.street, school.locality, school.address3, school.town, school.county)
    return [
        ("Name", school.name),
        ("URN", str(school.urn) if school.is_of_register else "Not known yet"),
        ("State", school.get_status_display()),
        ("Opened", _with_reason(plain_day(school.opened_on), school.opened_why)),
        ("Closed", _with_reason(plain_day(school.closed_on), school.closed_why)),
        ("Kind", school.type_name),
        ("Phase", "" if school.phase == "Not applicable" else school.phase),
        ("Ages", _ages(school)),
        ("Address", ", ".join(filter(None, street))),
        ("Postcode", school.postcode),
        ("Authority", school.authority.name),
        ("Trust", school.trust_name),
        ("Headteacher", " ".join(filter(None, head))),
        ("Pupils", f"{school.pupils:,}" if school.pupils is not None else ""),
        ("Telephone", school.telephone),
        ("Website", school.website),
    ]


def _ages(school: School) -> str:
    return "" if school.low_age is None or school.high_age is None else f"{school.low_age} to {school.high_age}"


def _with_reason(day: str, reason: str) -> str:
    reason = "" if reason == "Not applicable" else reason
    return f"{day} ({reason})" if day and reason else day or reason
