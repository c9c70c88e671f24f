"""Reports made up by hand, without a database: as many schools as one likes, with names of every kind."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from funding.models import GrantState
from reports.grant_report import GrantLine, GrantReport, GrantSection
from reports.release_report import GroupDays, ReleaseLine, ReleaseReport, ReleaseSection, SpecialistLine, Used
from reports.scopes import Head

AS_OF = dt.datetime(2026, 11, 27, 12, 40, tzinfo=ZoneInfo("Europe/London"))
NAMES = (
    "Ash Lane Primary School",
    "St Mary and St John Church of England Voluntary Aided Primary School and Nursery, Upper Northvale",
    "בית ספר יסודי צפון",
    "Fen \N{GRINNING FACE} Edge School \N{WOMAN}\N{ZERO WIDTH JOINER}\N{SCHOOL}",
    "مدرسة النور",
    "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch" * 2,
    "=SUM(A1) <b>School</b> & Co",
    "日本 School",
)
OF_A_GROUP = 7
STAGE = "Developing (primary), 2026/27"


def head(title: str, scope: str = "The whole hub") -> Head:
    return Head(
        title, "Northvale Maths Hub", "#00625e", scope, "2026/27", dt.date(2026, 9, 1), dt.date(2027, 8, 31), AS_OF
    )


def name_of(number: int) -> str:
    return f"{NAMES[number % len(NAMES)]} {number}"


def grants(count: int, *, pence: list[int] | None = None) -> GrantReport:
    """A grant report of so many schools, in groups of seven; their amounts are those of `pence` where it is given."""
    lines = [_grant(number, pence[number] if pence else 100_000 + 7_550 * number) for number in range(count)]
    return GrantReport(head("Grant report"), _grouped(GrantSection, lines), ["Take part.", "Send us a report."])


def _grant(number: int, pence: int) -> GrantLine:
    state = list(GrantState)[number % 5]
    approved = state in (GrantState.APPROVED, GrantState.PAID)
    paid = pence if state == GrantState.PAID else 0
    return GrantLine(
        school=name_of(number),
        formerly="Birch Lane Infant School" if number % 4 == 1 else "",
        urn=f"URN {600_000 + number}",
        stage=STAGE,
        state=state.value,
        pence=pence,
        accepted=dt.date(2026, 6, 3),
        claim_on=dt.date(2027, 3, 1),
        approved=dt.date(2026, 11, 2) if approved else None,
        paid_on=dt.date(2026, 11, 20) if paid else None,
        paid_pence=paid,
        paid_in_period_pence=paid,
        payment="Payment list 3, BACS 0417" if approved else "",
        condition=number % 2 + 1,
        withheld_reason="The school has not taken part since October." if state == GrantState.WITHHELD else "",
    )


def release(count: int, *, used: list[Used] | None = None, promised: list[int] | None = None) -> ReleaseReport:
    """A release-time report of so many schools, and half as many Specialists; each promised ten days unless given."""
    figures = used or [Used(number % 12, number % 4, number % 9, -(number % 3)) for number in range(count)]
    lines = [
        ReleaseLine(name_of(number), "", f"URN {600_000 + number}", STAGE, one, one.total + number % 2, given)
        for number, (one, given) in enumerate(zip(figures, promised or [20] * len(figures), strict=True))
    ]
    specialists = [
        SpecialistLine(f"Specialist {name_of(number)}", "Primary cohort 7", one, one.total, 24)
        for number, one in enumerate(figures[: count // 2])
    ]
    groups = [GroupDays(f"Group of {name_of(number)}", STAGE, one) for number, one in enumerate(figures[: count // 2])]
    return ReleaseReport(head("Release-time report"), _grouped(ReleaseSection, lines), specialists, groups)


def _grouped(section: Any, lines: list[Any]) -> list[Any]:
    return [
        section(
            f"Work Group {name_of(at)}", "Developing (primary), 2026/27, led by Mina Specialist", lines[at : at + 7]
        )
        for at in range(0, len(lines), OF_A_GROUP)
    ]
