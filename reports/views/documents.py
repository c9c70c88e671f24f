"""Reports as documents: the list, asking for one, watching it being made, reading it as a page or a file."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from correspondence import documents
from correspondence.makers import CannotBeMade
from correspondence.models import Document, DocumentFile, DocumentState
from hubs import timeline
from hubs.access import MemberRequest, member
from hubs.kept import kept_fields
from hubs.layout import Button
from hubs.methods import form_page
from hubs.permissions import require
from hubs.spreadsheets import XLSX
from hubs.summary import SummaryRow
from hubs.wording import moment
from hubs.years import academic_year_of
from reports import report_queries
from reports.report_forms import MakeAgainForm, ReportForm
from reports.report_makers import REPORTS

PAGE_SIZE = 50
_TYPES = {DocumentFile.Format.PDF: "application/pdf", DocumentFile.Format.XLSX: XLSX}


@member("make_reports")
@require_safe
def report_list(request: MemberRequest) -> HttpResponse:
    """The reports that were asked for, newest first."""
    found = report_queries.reports_of_hub(request.membership)
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    rows = [{"document": one, "progress": report_queries.progress_of(one)} for one in page]
    return render(request, "reports/report_list.html", {"page": page, "rows": rows})


@member("make_reports")
@form_page
def report_new(request: MemberRequest) -> HttpResponse:
    """Ask for a report."""
    back, today = reverse("report_list", args=[request.hub.slug]), timezone.localdate()
    form = ReportForm(
        request.POST or None,
        kinds=report_queries.kinds_for(request.membership),
        about=report_queries.what_reports_are_about(today),
        this_year=academic_year_of(today),
        back=back,
        initial={
            "request_key": uuid.uuid4(),
            **{name: request.GET[name] for name in ("kind", "about") if name in request.GET},
            **kept_fields(request, ReportForm.base_fields),
        },
    )
    if request.method == "POST" and form.is_valid():
        try:
            document = form.maker().ask(
                form.asked(),
                actor=request.membership,
                now=timezone.now(),
                request_key=form.cleaned_data["request_key"],
            )
        except documents.AskedForAnother as refusal:
            # Back and then something else: the next time it is a request of its own.
            form.data = request.POST.copy()
            form.data["request_key"] = str(uuid.uuid4())
            form.add_error(None, str(refusal))
        except (documents.TooManyWaiting, CannotBeMade) as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "The report has been asked for. This page says when it is ready.")
            return redirect("report", request.hub.slug, document.pk)
    context = {"form": form, "back_url": back, "back_text": "Reports"}
    return render(request, "reports/report_new.html", context)


@member("make_reports")
@require_safe
def report(request: MemberRequest, *, pk: int) -> HttpResponse:
    """A report: how far it is, its files when it is ready, what can be done about it."""
    document = _document(request, pk)
    is_unfinished = document.state in (DocumentState.QUEUED, DocumentState.RENDERING)
    ahead = report_queries.ahead_of(document) if document.state == DocumentState.QUEUED else 0
    context = {
        "document": document,
        "files": report_queries.files_of(document),
        "is_unfinished": is_unfinished,
        "progress": report_queries.progress_of(document),
        "next": report_queries.what_happens_next(document, ahead=ahead),
        "action": _action(request, document),
        "facts": _facts(document),
        "entries": timeline.entries_of(document),
        "back_url": reverse("report_list", args=[request.hub.slug]),
        "back_text": "Reports",
    }
    return render(request, "reports/report.html", context)


@member("make_reports")
@require_safe
def report_html(request: MemberRequest, *, pk: int) -> HttpResponse:
    """The report as a page: the PDF's twin, from the same figures."""
    document = _document(request, pk)
    if document.state != DocumentState.READY:
        return _not_there(request, document)
    maker = REPORTS[document.kind]
    try:
        shown = maker.read(document.snapshot or {})
    except (KeyError, TypeError):
        messages.info(request, "This report was made by an earlier version. Download its files, or make a new one.")
        return redirect("report", request.hub.slug, document.pk)
    context = {
        **maker.context(shown),
        "document": document,
        "back_url": reverse("report", args=[request.hub.slug, document.pk]),
        "back_text": "About this report",
    }
    return render(request, "reports/report_page.html", context)


@member("make_reports")
@require_safe
def report_file(request: MemberRequest, *, pk: int, file_format: str) -> HttpResponse:
    """A file of the report, to keep."""
    document = _document(request, pk)
    file = DocumentFile.objects.filter(document=document, format=file_format).first()
    if file is None:
        return _not_there(request, document)
    response = HttpResponse(bytes(file.content), content_type=_TYPES[DocumentFile.Format(file.format)])
    response["Content-Disposition"] = content_disposition_header(True, file.name)
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


@member("make_reports")
@form_page
def report_cancel(request: MemberRequest, *, pk: int) -> HttpResponse:
    """Have a report not made after all."""
    document = _document(request, pk)
    url = _url_of(request, document)
    if request.method == "POST":
        try:
            documents.cancel_document(document=document, actor=request.membership, now=timezone.now())
        except documents.TooLate as refusal:
            messages.info(request, str(refusal))
        else:
            messages.success(request, f"{document.title} is cancelled.")
        return redirect(url)
    if not document.may_become(DocumentState.CANCELLED):
        return redirect(url)
    context = {"document": document, "back_url": url, "back_text": "About this report"}
    return render(request, "reports/report_cancel.html", context)


@member("make_reports")
@form_page
def report_again(request: MemberRequest, *, pk: int) -> HttpResponse:
    """Make what failed or was cancelled, or a new one of what is ready or expired."""
    document = _document(request, pk)
    url = _url_of(request, document)
    form = MakeAgainForm(request.POST or None, back=url)
    if request.method == "POST" and form.is_valid():
        try:
            made = documents.make_again(
                document=document,
                actor=request.membership,
                now=timezone.now(),
                request_key=form.cleaned_data["request_key"],
            )
        except (documents.AskedForAnother, documents.TooManyWaiting) as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "The report has been asked for. This page says when it is ready.")
            return redirect(_url_of(request, made))
    if document.state in (DocumentState.QUEUED, DocumentState.RENDERING):
        return redirect(url)
    context = {"form": form, "document": document, "back_url": url, "back_text": "About this report"}
    return render(request, "reports/report_again.html", context)


def _document(request: MemberRequest, pk: int) -> Document:
    """A report of the hub. Raises `NotAllowed` for one that the member may not read."""
    document = get_object_or_404(
        Document.objects.defer("snapshot").select_related("requested_by"), pk=pk, kind__in=REPORTS
    )
    require(request.membership, report_queries.capability_of(document))
    return document


def _not_there(request: MemberRequest, document: Document) -> HttpResponse:
    messages.info(request, "There is nothing to open yet, or no longer: this page says why.")
    return redirect(_url_of(request, document))


def _url_of(request: MemberRequest, document: Document) -> str:
    return reverse("report", args=[request.hub.slug, document.pk])


def _action(request: MemberRequest, document: Document) -> Button:
    """The one thing to do about it now, apart from reading it."""

    def button(label: str, name: str, look: str = "") -> Button:
        return Button(label, url=reverse(name, args=[request.hub.slug, document.pk]), look=look)  # type: ignore[arg-type]

    match DocumentState(document.state):
        case DocumentState.QUEUED | DocumentState.RENDERING:
            return button("Cancel this report", "report_cancel", "secondary")
        case DocumentState.FAILED | DocumentState.CANCELLED:
            return button("Make it again", "report_again")
    return button("Make a new one with the figures of today", "report_again", "secondary")


def _facts(document: Document) -> list[SummaryRow]:
    rows = [
        SummaryRow("Asked for by", document.requested_by.name),
        SummaryRow("Asked for", moment(document.requested_at)),
    ]
    if document.as_of and document.state == DocumentState.READY:
        rows.append(SummaryRow("Figures as of", moment(document.as_of)))
    if document.expires_at and document.state == DocumentState.READY:
        rows.append(SummaryRow("Files are removed", moment(document.expires_at)))
    return rows
