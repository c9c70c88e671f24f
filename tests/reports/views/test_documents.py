"""The pages about reports: ask, watch, open, download, cancel, make again."""

from __future__ import annotations

import datetime as dt
import html
import uuid
from collections.abc import Callable
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from correspondence import making, tasks
from correspondence.documents import MOST_WAITING
from correspondence.models import Document, DocumentFile, DocumentState
from hubs import tenancy
from hubs.models import Hub, Role, User
from reports.report_makers import REPORTS
from tests import factories, work
from tests.reports.figures import NAMES
from workgroups.models import Place, WorkGroup

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]


@pytest.fixture
def group(hub: Hub) -> WorkGroup:
    return work.make_group(hub, "Northvale 1", specialist=work.make_specialist(hub, "Mina Specialist"))


@pytest.fixture
def place(hub: Hub, group: WorkGroup) -> Place:
    place = work.make_place(hub, factories.make_school("Ash Lane Primary School"), group=group)
    work.make_grant(place, amount_pence=123_456)
    return place


@pytest.fixture
def ada(administrator: User, client_of: ClientOf) -> Client:
    return client_of(administrator)


def url(name: str, hub: Hub, *arguments: object) -> str:
    return reverse(name, args=[hub.slug, *arguments])


def form(**fields: object) -> dict[str, Any]:
    return {
        "kind": "grant-report",
        "about": "hub-0",
        "time": str(work.this_year()),
        "request_key": str(uuid.uuid4()),
        **fields,
    }


def documents_of(hub: Hub) -> list[Document]:
    with tenancy.use(hub):
        return list(Document.objects.order_by("pk"))


def ready(hub: Hub, by: User, *, kind: str = "grant-report", **fields: Any) -> Document:
    """A report as a worker leaves it, but with files that are nothing but their names."""
    maker, now = REPORTS[kind], timezone.now()
    parameters = {
        "scope": "hub", "pk": 0, "year": work.this_year(), "first": f"{work.this_year()}-09-01",
        "last": f"{work.this_year() + 1}-08-31",
    }  # fmt: skip
    with tenancy.use(hub):
        figures = maker.snapshot(parameters, now=now)
    document = work.make_document(
        hub, by, kind=kind, capability=maker.capability, title=f"{maker.title}: The whole hub", parameters=parameters,
        state=DocumentState.READY, snapshot=figures, as_of=now, finished_at=now,
        expires_at=now + dt.timedelta(days=30), **fields,
    )  # fmt: skip
    with tenancy.use(hub):
        for kept in DocumentFile.Format:
            DocumentFile.objects.create(
                hub=hub, document=document, format=kept, name=f"report.{kept}", content=kept.encode()
            )
    return document


def text_of(response: Any) -> str:
    return " ".join(html.unescape(response.text).split())


# --- Asking -------------------------------------------------------------------------------------


def test_a_report_is_asked_for_and_its_page_says_what_comes_next(
    hub: Hub, place: Place, administrator: User, ada: Client
) -> None:
    response = ada.post(url("report_new", hub), form(about=f"group-{place.group_id}"), follow=True)

    (document,) = documents_of(hub)
    year = work.this_year()
    assert response.redirect_chain == [(url("report", hub, document.pk), 302)]
    assert document.title == f"Grant report: Work Group Northvale 1, {year}/{(year + 1) % 100:02}"
    assert (document.kind, document.capability, document.requested_by) == ("grant-report", "view_money", administrator)
    assert document.parameters == {
        "scope": "group", "pk": place.group_id, "year": year, "first": f"{year}-09-01", "last": f"{year + 1}-08-31",
    }  # fmt: skip
    assert "The report has been asked for." in text_of(response)
    assert "It is made as soon as a worker is free" in text_of(response)
    assert url("report_cancel", hub, document.pk) in response.text


def test_sent_twice_it_is_one_report(hub: Hub, ada: Client) -> None:
    sent = form()
    first, second = (ada.post(url("report_new", hub), sent) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert len(documents_of(hub)) == 1


def test_back_and_then_another_report_is_a_report_of_its_own_once_it_is_confirmed(hub: Hub, ada: Client) -> None:
    sent = form()
    ada.post(url("report_new", hub), sent)
    other = {**sent, "kind": "release-report"}

    refused = ada.post(url("report_new", hub), other)

    assert "This form was sent before, and asked for Grant report: The whole hub" in text_of(refused)
    assert [document.kind for document in documents_of(hub)] == ["grant-report"]
    fresh = refused.context["form"]["request_key"].value()
    assert f'value="{fresh}"' in refused.text and fresh != str(sent["request_key"])
    ada.post(url("report_new", hub), {**other, "request_key": fresh})
    assert {document.kind for document in documents_of(hub)} == {"grant-report", "release-report"}


def test_between_two_dates(hub: Hub, ada: Client) -> None:
    dates = {"first_day": "1", "first_month": "1", "first_year": "2027", "last_day": "31", "last_month": "mar",
             "last_year": "2027"}  # fmt: skip
    ada.post(url("report_new", hub), form(kind="release-report", time="between", **dates))

    (document,) = documents_of(hub)
    assert document.title == "Release-time report: The whole hub, 1 January 2027 to 31 March 2027"
    assert document.parameters["first"] == "2027-01-01" and document.parameters["last"] == "2027-03-31"
    assert document.parameters["year"] is None


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"kind": ""}, "Choose a report"),
        ({"about": ""}, "Choose what the report is about"),
        ({"about": "group-99999999"}, "Choose again what the report is about"),
        ({"time": ""}, "Choose an academic year, or two dates"),
        ({"time": "between"}, "Enter the first day of the report"),
        ({"time": "between", "first_day": "1", "first_month": "1", "first_year": "2027"}, "Enter the last day"),
        (
            {"time": "between", "first_day": "2", "first_month": "1", "first_year": "2027", "last_day": "1",
             "last_month": "1", "last_year": "2027"},
            "Enter a last day that is not before the first one",
        ),
        (
            {"time": "between", "first_day": "2", "first_month": "1", "first_year": "1027", "last_day": "1",
             "last_month": "1", "last_year": "2027"},
            "Enter a first day from September 2014 on",
        ),
    ],
)  # fmt: skip
def test_a_form_in_error_says_what_to_do(hub: Hub, ada: Client, fields: dict[str, str], said: str) -> None:
    response = ada.post(url("report_new", hub), form(**fields))
    assert response.status_code == 200
    assert said in text_of(response)
    assert documents_of(hub) == []


def test_this_academic_year_is_chosen_beforehand_though_the_next_one_has_places(hub: Hub, ada: Client) -> None:
    work.make_place(hub, factories.make_school("Early Primary School"), year=work.this_year() + 1)

    shown = ada.get(url("report_new", hub)).context["form"]

    assert shown["time"].value() == str(work.this_year())
    assert shown.fields["time"].choices[0][0] == str(work.this_year() + 1)


def test_a_form_offers_what_the_hub_has(hub: Hub, other_hub: Hub, place: Place, ada: Client) -> None:
    elsewhere = work.make_group(other_hub, "Elsewhere")
    page = text_of(ada.get(url("report_new", hub)))

    for offered in (
        "The whole hub",
        "Northvale 1, Developing (primary)",
        "Mina Specialist",
        "Ash Lane Primary School, ",
    ):
        assert offered in page
    assert "Elsewhere" not in page
    refused = ada.post(url("report_new", hub), form(about=f"group-{elsewhere.pk}"))
    assert "what was chosen is no longer there" in text_of(refused)


def test_a_link_can_choose_what_the_report_is_about(hub: Hub, group: WorkGroup, ada: Client) -> None:
    page = ada.get(url("report_new", hub), {"about": f"group-{group.pk}", "kind": "release-report"}).text
    assert f'<option value="group-{group.pk}" selected>' in page


def test_who_finances_is_offered_grants_alone(hub: Hub, finance: User, client_of: ClientOf) -> None:
    client = client_of(finance)
    page = client.get(url("report_new", hub)).text
    assert "Which report?" not in page and "Release-time report" not in page

    refused = client.post(url("report_new", hub), form(kind="release-report"))
    assert refused.status_code == 200
    assert documents_of(hub) == []
    client.post(url("report_new", hub), form())
    assert [document.kind for document in documents_of(hub)] == ["grant-report"]


def test_a_hub_that_asks_for_very_many_is_asked_to_wait(hub: Hub, administrator: User, ada: Client) -> None:
    for _ in range(MOST_WAITING):
        work.make_document(hub, administrator)
    response = ada.post(url("report_new", hub), form())
    assert "Your hub waits for 20 documents already." in text_of(response)


# --- Watching -----------------------------------------------------------------------------------


def test_a_report_that_is_being_made_says_how_far_it_is(hub: Hub, administrator: User, ada: Client) -> None:
    document = work.make_document(
        hub, administrator, state=DocumentState.RENDERING, heard_of_at=timezone.now(), done=31, total=214
    )
    page = text_of(ada.get(url("report", hub, document.pk)))

    assert "31 of 214 schools" in page
    assert '<progress class="app-progress__bar" max="214" value="31"' in page
    assert f'<a class="govuk-link" href="{url("report", hub, document.pk)}">Refresh</a>' in page
    assert "31 of 214 schools" in text_of(ada.get(url("report_list", hub)))


def test_a_report_that_waits_says_for_what(hub: Hub, administrator: User, ada: Client) -> None:
    long_ago = timezone.now() - dt.timedelta(hours=1)
    first, second, third = (
        work.make_document(hub, administrator, requested_at=long_ago + dt.timedelta(minutes=at)) for at in range(3)
    )
    assert "as soon as a worker is free" in text_of(ada.get(url("report", hub, first.pk)))
    assert "It is made after one other report of your hub." in text_of(ada.get(url("report", hub, second.pk)))
    assert "It is made after 2 other reports of your hub." in text_of(ada.get(url("report", hub, third.pk)))


def test_a_failed_report_says_why_and_can_be_made_again(hub: Hub, administrator: User, ada: Client) -> None:
    document = work.make_document(hub, administrator, state=DocumentState.FAILED, error="The Work Group is gone.")
    page = ada.get(url("report", hub, document.pk))
    assert "The Work Group is gone." in page.text
    assert url("report_again", hub, document.pk) in page.text
    question = ada.get(url("report_again", hub, document.pk))
    assert "It failed: The Work Group is gone." in text_of(question)

    response = ada.post(url("report_again", hub, document.pk), {"request_key": str(uuid.uuid4())})

    assert response["Location"] == url("report", hub, document.pk)
    assert documents_of(hub)[0].state == DocumentState.QUEUED


def test_of_a_ready_report_a_new_one_is_made_beside_it(
    hub: Hub, place: Place, administrator: User, ada: Client
) -> None:
    document = ready(hub, administrator)
    question = ada.get(url("report_again", hub, document.pk))
    assert "stays beside it" in text_of(question)
    sent = {"request_key": str(uuid.uuid4())}

    first, second = (ada.post(url("report_again", hub, document.pk), sent) for _ in range(2))

    old, new = documents_of(hub)
    assert first["Location"] == second["Location"] == url("report", hub, new.pk)
    assert (old.state, new.state, new.title) == (DocumentState.READY, DocumentState.QUEUED, old.title)


def test_a_report_is_cancelled(hub: Hub, administrator: User, ada: Client) -> None:
    document = work.make_document(hub, administrator)
    assert "Cancel this report?" in ada.get(url("report_cancel", hub, document.pk)).text

    response = ada.post(url("report_cancel", hub, document.pk), follow=True)

    assert "Grant report is cancelled." in text_of(response)
    assert documents_of(hub)[0].state == DocumentState.CANCELLED
    # Too late, or twice: a sentence, and no error.
    assert ada.get(url("report_cancel", hub, document.pk))["Location"] == url("report", hub, document.pk)
    done = ready(hub, administrator)
    late = ada.post(url("report_cancel", hub, done.pk), follow=True)
    assert "cannot be cancelled: it is ready already" in text_of(late)


def test_an_expired_report_says_so(hub: Hub, administrator: User, ada: Client) -> None:
    document = ready(hub, administrator)
    making.purge_expired(hub_id=hub.pk, now=timezone.now() + dt.timedelta(days=31))
    page = text_of(ada.get(url("report", hub, document.pk)))
    assert "Its files were removed." in page
    assert "Make a new one" in page
    for name, arguments in (("report_html", []), ("report_file", ["pdf"])):
        response = ada.get(url(name, hub, document.pk, *arguments), follow=True)
        assert "There is nothing to open yet, or no longer" in text_of(response)


# --- Reading ------------------------------------------------------------------------------------


def test_a_ready_report_leads_to_its_page_and_files(hub: Hub, place: Place, administrator: User, ada: Client) -> None:
    document = ready(hub, administrator)
    addresses = [
        url("report_html", hub, document.pk),
        *(url("report_file", hub, document.pk, f) for f in ("pdf", "xlsx")),
    ]
    for page in (ada.get(url("report", hub, document.pk)), ada.get(url("report_list", hub))):
        assert all(address in page.text for address in addresses)
    assert "Download the PDF (3 bytes)" in text_of(ada.get(url("report", hub, document.pk)))


def test_its_page_has_the_figures(hub: Hub, place: Place, administrator: User, ada: Client) -> None:
    page = text_of(ada.get(url("report_html", hub, ready(hub, administrator).pk)))
    assert "1 grant of £1,234.56 together. Nothing was paid in this time." in page
    assert "Ash Lane Primary School" in page


def test_a_report_of_an_earlier_version_is_left_to_its_files(hub: Hub, administrator: User, ada: Client) -> None:
    document = ready(hub, administrator)
    with tenancy.use(hub):
        Document.objects.filter(pk=document.pk).update(snapshot={"head": {}})
    response = ada.get(url("report_html", hub, document.pk), follow=True)
    assert "made by an earlier version. Download its files" in text_of(response)


@pytest.mark.parametrize(
    ("file_format", "kind"),
    [("pdf", "application/pdf"), ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")],
)
def test_a_file_is_downloaded_and_kept_by_nobody_else(
    file_format: str, kind: str, hub: Hub, administrator: User, ada: Client
) -> None:
    response = ada.get(url("report_file", hub, ready(hub, administrator).pk, file_format))

    assert response.content == file_format.encode()
    assert response["Content-Type"] == kind
    assert response["Content-Disposition"] == f'attachment; filename="report.{file_format}"'
    assert response["Cache-Control"] == "no-store"
    assert response["X-Content-Type-Options"] == "nosniff"


def test_a_format_that_is_none_is_told_so(hub: Hub, administrator: User, ada: Client) -> None:
    response = ada.get(url("report_file", hub, ready(hub, administrator).pk, "exe"))
    assert response.status_code == 302


def test_another_hubs_report_is_not_there(
    hub: Hub, other_hub: Hub, administrator: User, stranger: User, client_of: ClientOf
) -> None:
    document = ready(hub, administrator)
    client = client_of(stranger)
    for name, arguments in (("report", []), ("report_html", []), ("report_file", ["pdf"]), ("report_again", [])):
        assert client.get(url(name, other_hub, document.pk, *arguments)).status_code == 404
    assert "Grant report" not in client.get(url("report_list", other_hub)).text


def test_each_page_asks_again_whether_one_may_read_this_report(
    hub: Hub, administrator: User, finance: User, client_of: ClientOf
) -> None:
    document = ready(hub, administrator, kind="release-report")
    client = client_of(finance)
    for name, arguments in (
        ("report", []), ("report_html", []), ("report_file", ["pdf"]), ("report_cancel", []), ("report_again", []),
    ):  # fmt: skip
        response = client.get(url(name, hub, document.pk, *arguments))
        assert response.status_code == 403
        assert "cannot see all Work Groups" in text_of(response)
    for name in ("report_cancel", "report_again"):
        assert client.post(url(name, hub, document.pk), {"request_key": str(uuid.uuid4())}).status_code == 403
    assert "Release-time report" not in client.get(url("report_list", hub)).text
    assert documents_of(hub)[0].state == DocumentState.READY


def test_a_document_that_is_no_report_has_no_page_here(hub: Hub, administrator: User, ada: Client) -> None:
    letter = work.make_document(hub, administrator, kind="letters")
    assert ada.get(url("report", hub, letter.pk)).status_code == 404
    assert "No reports yet" in ada.get(url("report_list", hub)).text


@pytest.mark.parametrize("kind", list(REPORTS))
def test_names_of_every_kind_are_text(kind: str, hub: Hub, administrator: User, ada: Client) -> None:
    group = work.make_group(hub, "<b>Group</b>")
    for name in NAMES:
        place = work.make_place(hub, factories.make_school(name[:100]), group=group)
        work.make_grant(place)
    page = ada.get(url("report_html", hub, ready(hub, administrator, kind=kind).pk))
    assert page.status_code == 200
    assert "<b>Group</b>" not in page.text and "<b>School</b>" not in page.text


# --- From the form to the figures ---------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", list(REPORTS))
def test_a_report_is_made_by_a_worker_from_what_was_asked(
    kind: str, hub: Hub, place: Place, administrator: User, ada: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[dict[str, int]] = []
    monkeypatch.setattr(tasks.make_document, "apply_async", lambda kwargs, retry: told.append(kwargs))
    work.make_release(place, 3)
    ada.post(url("report_new", hub), form(kind=kind, about=f"place-{place.pk}"))

    (ids,) = told
    tasks.make_document(**ids)

    (document,) = documents_of(hub)
    assert (document.state, document.done, document.total) == (DocumentState.READY, 1, 1)
    pdf, xlsx = (ada.get(url("report_file", hub, document.pk, each)).content for each in ("pdf", "xlsx"))
    assert pdf.startswith(b"%PDF-1.7")
    sheet = openpyxl.load_workbook(BytesIO(xlsx)).worksheets[0]
    cells = {cell.value for row in sheet.iter_rows() for cell in row}
    assert {"Ash Lane Primary School", 1234.56 if kind == "grant-report" else 1.5} <= cells


# --- Queries ------------------------------------------------------------------------------------


def queries_of(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


def test_the_list_takes_as_many_queries_for_three_reports_as_for_one(
    hub: Hub, administrator: User, ada: Client
) -> None:
    counts = []
    for number in range(3):
        ready(hub, factories.make_member(hub, Role.HUB_LEAD, f"Lead {number}"))
        counts.append(queries_of(ada, url("report_list", hub)))
    assert counts[0] == counts[2] <= 10


def test_the_form_takes_as_many_queries_for_three_schools_as_for_one(hub: Hub, ada: Client) -> None:
    counts = []
    for number in range(3):
        made = work.make_group(hub, f"Group {number}")
        place = work.make_place(hub, group=made)
        factories.go_on_as(place.school, factories.make_school(f"Academy {number}"))
        counts.append(queries_of(ada, url("report_new", hub)))
    assert counts[0] == counts[2] <= 12


def test_the_page_of_a_report_takes_few_queries(
    hub: Hub, place: Place, group: WorkGroup, administrator: User, ada: Client
) -> None:
    document = ready(hub, administrator)
    assert queries_of(ada, url("report", hub, document.pk)) <= 12
    one = queries_of(ada, url("report_html", hub, document.pk))
    for number in range(3):
        work.make_grant(work.make_place(hub, factories.make_school(f"School {number}"), group=group))
    # Of the snapshot alone, however many schools are in it.
    assert queries_of(ada, url("report_html", hub, ready(hub, administrator).pk)) == one <= 10
