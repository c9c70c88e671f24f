"""How many reports a second a worker makes, beside WeasyPrint alone on the same HTML.

    bin/bench reports [--rounds 5] [--documents 10] [--schools 60]

Needs no database: the figures are made up, and what is timed begins where a snapshot has been taken. Seconds are
those of the processor, so that whatever else the machine does changes little.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import secrets
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import django

if TYPE_CHECKING:
    from reports.grant_report import GrantReport

# Of what WeasyPrint alone makes in a second from the same HTML, with stylesheet and fonts read once as well.
LEAST = 0.75
_GROUP = 7


@dataclass
class Series:
    """One way of making documents: how many a second, round by round, and as a share of WeasyPrint's in that round."""

    name: str
    speeds: list[float] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.name:<62}{statistics.median(self.speeds):>8.2f}/s{statistics.median(self.shares):>8.2f}"
            f"   {min(self.shares):.2f} to {max(self.shares):.2f}"
        )


def report(number: int, schools: int) -> GrantReport:
    """A grant report made up of so many schools, in groups of seven."""
    from funding.models import GrantState
    from reports.grant_report import GrantLine, GrantReport, GrantSection
    from reports.scopes import Head

    first, last = dt.date(2026, 9, 1), dt.date(2027, 8, 31)
    as_of = dt.datetime(2026, 11, 27, 12, 40, tzinfo=dt.UTC)
    head = Head("Grant report", f"Hub {number}", "#00625e", "The whole hub", "2026/27", first, last, as_of)
    lines = []
    for at in range(schools):
        state = list(GrantState)[at % len(GrantState)]
        paid = 100_000 if state == GrantState.PAID else 0
        lines.append(
            GrantLine(
                school=f"School {number}.{at} of St Mary and St John",
                formerly="Ash Lane Primary School" if at % 5 == 0 else "",
                urn=f"URN {600_000 + at}",
                stage="Developing (primary), 2026/27",
                state=state.value,
                pence=100_000,
                accepted=dt.date(2026, 6, 3),
                claim_on=dt.date(2027, 3, 1),
                approved=dt.date(2026, 11, 2) if paid else None,
                paid_on=dt.date(2026, 11, 20) if paid else None,
                paid_pence=paid,
                paid_in_period_pence=paid,
                payment="Payment list 3, BACS 0417" if paid else "",
                condition=1,
                withheld_reason="",
            )
        )
    sections = [
        GrantSection(f"Group {at // _GROUP}", "Developing (primary), 2026/27", lines[at : at + _GROUP])
        for at in range(0, schools, _GROUP)
    ]
    return GrantReport(head, sections, ["Take part in all meetings of the year."])


class Alone:
    """WeasyPrint alone on the HTML of a report, as one document, tagged as ours are."""

    def __init__(self, stylesheet: str, *, shared: bool) -> None:
        self.stylesheet, self.shared = stylesheet, shared
        self.style: tuple[Any, Any] | None = None

    def __call__(self, html: str) -> object:
        """Make a PDF, with stylesheet and fonts read once or each time."""
        from weasyprint import CSS, HTML
        from weasyprint.text.fonts import FontConfiguration

        if self.style is None or not self.shared:
            fonts = FontConfiguration()
            self.style = CSS(filename=self.stylesheet, font_config=fonts), fonts
        css, fonts = self.style
        return HTML(string=html).write_pdf(font_config=fonts, stylesheets=[css], pdf_variant="pdf/ua-1")


def measure(*, rounds: int, documents: int, schools: int, say: Callable[[str], object] = print) -> bool:
    """Make so many reports round by round in each way, and say how many a second; whether ours keep up."""
    from django.contrib.staticfiles import finders
    from django.template.loader import render_to_string

    from reports.report_makers import GRANT_REPORT
    from reports.snapshots import freeze

    made = [report(number, schools) for number in range(documents)]
    context = {"is_first": True, "is_last": True}
    pages = [render_to_string("reports/pdf/report.html", {**GRANT_REPORT.context(one), **context}) for one in made]
    figures = [freeze(one) for one in made]
    stylesheet = str(finders.find("pdf.css"))
    once, anew = Alone(stylesheet, shared=True), Alone(stylesheet, shared=False)
    ways: list[tuple[Series, Callable[[], object]]] = [
        (Series("WeasyPrint alone, stylesheet and fonts read once"), lambda: list(map(once, pages))),
        (Series("WeasyPrint alone, both read each time"), lambda: list(map(anew, pages))),
        (Series("ours: HTML and PDF of a snapshot, numbered, checked"), lambda: list(map(_first_file, figures))),
        (Series("ours: with the workbook, as a worker makes it"), lambda: list(map(_all_files, figures))),
    ]
    # The first ones read fonts and templates.
    for _, work in ways:
        work()
    for _ in range(rounds):
        for series, work in ways:
            began = time.process_time()
            work()
            series.speeds.append(documents / (time.process_time() - began))
            series.shares.append(series.speeds[-1] / ways[0][0].speeds[-1])
    say(f"Grant reports of {schools} schools a second; medians of {rounds} rounds of {documents}; shares of the first.")
    for series, _ in ways:
        say(str(series))
    share = statistics.median(ways[-1][0].shares)
    holds = share >= LEAST
    say(f"At least {LEAST:.0%} of WeasyPrint alone: {share:.0%}, {'holds' if holds else 'DOES NOT HOLD'}.")
    return holds


def _first_file(figures: dict[str, Any]) -> object:
    from reports.report_makers import GRANT_REPORT

    return next(GRANT_REPORT.files(figures, finished=lambda number: None))


def _all_files(figures: dict[str, Any]) -> object:
    from reports.report_makers import GRANT_REPORT

    return list(GRANT_REPORT.files(figures, finished=lambda number: None))


def main(arguments: Iterable[str]) -> int:
    """Measure; returns the exit status: 1 when ours fall behind."""
    parser = argparse.ArgumentParser(prog="bin/bench reports", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--documents", type=int, default=10)
    parser.add_argument("--schools", type=int, default=60)
    options = parser.parse_args(list(arguments))
    # The settings want to know a key and a database; neither is used.
    for name, value in (
        ("ENVIRONMENT", "demo"),
        ("SECRET_KEY", secrets.token_urlsafe(64)),
        ("DATABASE_URL", "postgresql:///none"),
        ("LOG_LEVEL", "ERROR"),
        ("DJANGO_SETTINGS_MODULE", "hubadmin.settings"),
    ):
        os.environ.setdefault(name, value)
    django.setup()
    return 0 if measure(rounds=options.rounds, documents=options.documents, schools=options.schools) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
