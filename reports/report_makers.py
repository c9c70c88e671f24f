"""The makers of reports: one snapshot, and of it alone the PDF, the page that is its twin, and the workbook."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.text import slugify

from correspondence import pdf
from correspondence.documents import request_document
from correspondence.makers import Figures, MadeFile
from correspondence.models import Document, DocumentFile
from hubs.models import Membership
from hubs.permissions import Capability
from hubs.spreadsheets import Sheet, workbook
from hubs.wording import moment, pounds
from reports import grant_report, grant_sheets, release_report, release_sheets
from reports.charts import Bar, bars
from reports.scopes import Asked, Head, name_of_report
from reports.sections import Piece, parts_of
from reports.snapshots import freeze, thaw

# Of a PDF's parts, after each of which one hears how far it is, and may cancel.
SCHOOLS_OF_A_PART = 25


class Report(Protocol):
    """What the two reports have in common."""

    @property
    def head(self) -> Head:
        """What stands above it."""

    @property
    def sections(self) -> list[Any]:
        """Its schools, section by section."""

    @property
    def lines(self) -> list[Any]:
        """Its schools."""


R = TypeVar("R", bound=Report)


@dataclass(frozen=True)
class ReportMaker(Generic[R]):
    """Makes reports of a kind. `capability` is what somebody must be allowed to read one."""

    kind: str
    title: str
    capability: Capability
    of: type[R]
    take: Callable[..., R]
    folder: str
    chart: Callable[[R], SafeString]
    sheets: Callable[[R], list[Sheet]]

    def ask(self, asked: Asked, *, actor: Membership, now: dt.datetime, request_key: uuid.UUID) -> Document:
        """Ask for a report, which a worker makes; sent twice with one `request_key` it is one.

        Raises `CannotBeMade` about what is not there, `AskedForAnother`, `TooManyWaiting` and `NotAllowed`.
        """
        return request_document(
            kind=self.kind,
            title=name_of_report(self.title, asked.scope.words(), asked.period.words),
            parameters=asked.as_parameters(),
            capability=self.capability,
            actor=actor,
            now=now,
            request_key=request_key,
        )

    def snapshot(self, parameters: Mapping[str, Any], *, now: dt.datetime) -> Figures:
        """The report's figures, taken from the active hub. Raises `CannotBeMade`."""
        figures: Figures = freeze(self.take(parameters, now=now))
        return figures

    def read(self, figures: Figures) -> R:
        """The report that the figures are of."""
        return thaw(self.of, figures)

    def parts(self, figures: Figures) -> int:
        """How many schools it is about."""
        return len(self.read(figures).lines)

    def files(self, figures: Figures, *, finished: Callable[[int], None]) -> Iterator[MadeFile]:
        """The PDF and the workbook."""
        report = self.read(figures)
        head, name = report.head, slugify(f"{report.head.name} {report.head.hub}")[:150]
        parts = parts_of(report.sections, most=SCHOOLS_OF_A_PART)
        schools = [sum(len(piece.lines) for piece in part) for part in parts]
        content = pdf.write_pdf(
            self._pages(report, parts),
            colour=head.colour,
            foot=f"{head.name}, {head.hub}. As of {moment(head.as_of)}",
            finished=lambda number: finished(sum(schools[:number])),
        )
        yield MadeFile(DocumentFile.Format.PDF, f"{name}.pdf", content)
        sheets = workbook(self.sheets(report), title=head.name)
        yield MadeFile(DocumentFile.Format.XLSX, f"{name}.xlsx", sheets)

    def context(self, report: R) -> dict[str, Any]:
        """What the templates in `folder` need for the whole report at once."""
        pieces = [piece for part in parts_of(report.sections, most=len(report.lines) or 1) for piece in part]
        return {**self._everywhere(report), "pieces": pieces}

    def _everywhere(self, report: R) -> dict[str, Any]:
        return {"head": report.head, "report": report, "chart": self.chart(report), "folder": self.folder}

    def _pages(self, report: R, parts: list[list[Piece]]) -> Iterator[str]:
        everywhere = self._everywhere(report)
        for number, pieces in enumerate(parts, start=1):
            context = {"pieces": pieces, "is_first": number == 1, "is_last": number == len(parts)}
            yield render_to_string("reports/pdf/report.html", {**everywhere, **context})


def _chart_of_grants(report: grant_report.GrantReport) -> SafeString:
    drawn = [Bar(f"{one.label} ({one.count})", one.pence, pounds(one.pence)) for one in report.by_state]
    return bars("Grants by where they stand, in pounds", drawn, colour=report.head.colour)


def _chart_of_release(report: release_report.ReleaseReport) -> SafeString:
    drawn = [Bar(band.label, band.count, str(band.count)) for band in report.bands]
    return bars("Schools by the part of their promised days that they have used", drawn, colour=report.head.colour)


GRANT_REPORT: ReportMaker[grant_report.GrantReport] = ReportMaker(
    kind="grant-report",
    title=grant_report.TITLE,
    capability="view_money",
    of=grant_report.GrantReport,
    take=grant_report.snapshot,
    folder="reports/grant_report",
    chart=_chart_of_grants,
    sheets=grant_sheets.sheets,
)
RELEASE_REPORT: ReportMaker[release_report.ReleaseReport] = ReportMaker(
    kind="release-report",
    title=release_report.TITLE,
    capability="view_groups",
    of=release_report.ReleaseReport,
    take=release_report.snapshot,
    folder="reports/release_report",
    chart=_chart_of_release,
    sheets=release_sheets.sheets,
)
# By kind, in the order in which they are offered.
REPORTS: dict[str, ReportMaker[Any]] = {maker.kind: maker for maker in (GRANT_REPORT, RELEASE_REPORT)}
