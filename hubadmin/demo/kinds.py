"""What kinds of schools the demo's map has, in the register's own codes and words."""

from __future__ import annotations

from dataclasses import dataclass

OPEN, CLOSED, CLOSING, PROPOSED = 1, 2, 3, 4
ACADEMIES = (28, 34, 35, 36, 42, 44)
CONVERTERS = (34, 42, 44)
# What an academy was before it became one; free schools were nothing.
BEFORE_CONVERSION = {28: (1,), 34: (1, 1, 5), 42: (14,), 44: (7,)}
STATUS_NAMES = {
    OPEN: "Open",
    CLOSED: "Closed",
    CLOSING: "Open, but proposed to close",
    PROPOSED: "Proposed to open",
}
GROUP_NAMES = {
    3: "Independent schools",
    4: "Local authority maintained schools",
    5: "Special schools",
    10: "Academies",
    11: "Free Schools",
}
# Type of establishment by the register's code: its name and group.
TYPES = {
    1: ("Community school", 4),
    2: ("Voluntary aided school", 4),
    3: ("Voluntary controlled school", 4),
    5: ("Foundation school", 4),
    7: ("Community special school", 5),
    10: ("Other independent special school", 5),
    11: ("Other independent school", 3),
    14: ("Pupil referral unit", 4),
    15: ("Local authority nursery school", 4),
    28: ("Academy sponsor led", 10),
    34: ("Academy converter", 10),
    35: ("Free schools", 11),
    36: ("Free schools special", 11),
    42: ("Academy alternative provision converter", 10),
    44: ("Academy special converter", 10),
}


@dataclass(frozen=True)
class Kind:
    """A kind of school: its phase and ages, how many pupils, which types it may be and how often it occurs."""

    key: str
    phase: str
    low_age: int
    high_age: int
    pupils: tuple[int, int]
    types: tuple[int, ...]
    first_number: int
    share: int
    share_three_tier: int


_MAINSTREAM = (1, 1, 1, 2, 3, 5, 28, 34, 34, 34, 35)
KINDS = (
    Kind("primary", "Primary", 4, 11, (60, 640), _MAINSTREAM, 2000, 66, 8),
    Kind("infant", "Primary", 4, 7, (90, 360), (1, 1, 3, 34), 2000, 3, 0),
    Kind("junior", "Primary", 7, 11, (120, 480), (1, 1, 3, 34), 2000, 3, 0),
    Kind("first", "Primary", 4, 9, (50, 300), (1, 1, 2, 3, 34), 2000, 0, 58),
    Kind("middle", "Middle deemed secondary", 9, 13, (280, 620), (1, 3, 34, 34), 4000, 0, 14),
    Kind("upper", "Secondary", 13, 18, (700, 1500), (5, 34, 34), 4000, 0, 7),
    Kind("secondary", "Secondary", 11, 16, (520, 1400), (1, 2, 5, 28, 34, 34, 35), 4000, 7, 0),
    Kind("sixth_form", "Secondary", 11, 18, (800, 1900), (1, 2, 5, 28, 34, 34), 4000, 5, 0),
    Kind("all_through", "All-through", 3, 18, (900, 1700), (28, 34, 35), 4000, 1, 1),
    Kind("special", "Not applicable", 3, 19, (50, 260), (7, 7, 44, 36), 7000, 4, 4),
    Kind("nursery", "Nursery", 2, 5, (50, 130), (15,), 1000, 2, 2),
    Kind("unit", "Not applicable", 5, 16, (10, 90), (14, 42), 1100, 1, 1),
    Kind("independent", "Not applicable", 4, 18, (90, 900), (11,), 6000, 5, 5),
    Kind("independent_special", "Not applicable", 7, 19, (10, 80), (10,), 6000, 1, 1),
)
KIND = {kind.key: kind for kind in KINDS}
