from __future__ import annotations

import logging
import socket
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from django.conf import settings

from correspondence import pdf
from tests.reports.tagged_pdf import faults, headings, margins, tables

PAGE = """<!DOCTYPE html>
<html lang="en-GB">
<head><title>Grant report</title></head>
<body><h1>{heading}</h1>{body}</body>
</html>"""
TABLE = """<table>
<caption>Schools</caption>
<thead><tr><th scope="col">School</th><th scope="col">Grant</th></tr></thead>
<tbody>{rows}</tbody>
<tfoot><tr><th scope="row">All</th><td>£{rest}</td></tr></tfoot>
</table>"""
CHART = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">'
    '<title>{title}</title><rect width="9" height="9"/></svg>'
)


def page(body: str = "<p>Hello</p>", heading: str = "Grant report") -> str:
    return PAGE.format(heading=heading, body=body)


def table(count: int) -> str:
    rows = "".join(f'<tr><th scope="row">School {number}</th><td>£{number}</td></tr>' for number in range(count))
    return TABLE.format(rows=rows, rest=count)


def write(*parts: str, foot: str = "Northvale") -> bytes:
    return pdf.write_pdf(parts, foot=foot)


def test_a_page_with_a_table_and_a_chart_is_accessible() -> None:
    made = write(page(table(3) + CHART.format(title="A square")))

    assert faults(made) == []
    assert tables(made) == [
        [["School", "Grant"], ["School 0", "£0"], ["School 1", "£1"], ["School 2", "£2"], ["All", "£3"]]
    ]


def test_parts_become_one_document_whose_pages_are_numbered_through() -> None:
    made = write(*(page(table(60), heading=f"Part {number}") for number in (1, 2, 3)), foot="Northvale & Co")

    assert faults(made) == []
    assert headings(made) == ["Part 1", "Part 2", "Part 3"]
    found = margins(made)
    assert len(found) >= 6
    assert found == [f"Northvale & CoPage {number} of {len(found)}" for number in range(1, len(found) + 1)]
    # Head on each page, foot once.
    rows = [row for one in tables(made) for row in one]
    assert rows.count(["All", "£60"]) == 3
    assert rows.count(["School", "Grant"]) == len(found)
    assert sum(row[0].startswith("School ") for row in rows) == 180


def test_after_each_part_is_told_how_many_there_are() -> None:
    told: list[int] = []
    pdf.write_pdf([page(), page(), page()], foot="", finished=told.append)
    assert told == [1, 2, 3]


def test_the_hubs_colour_is_that_of_the_bar() -> None:
    made = pdf.write_pdf([page('<div class="app-bar"></div>')], foot="", colour="#336699")
    with pikepdf.open(BytesIO(made)) as opened:
        drawn = opened.pages[0].Contents.read_bytes()
    assert b"0.2 0.4 0.6 rg" in drawn


def test_what_is_told_may_stop_it() -> None:
    def stop(number: int) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        pdf.write_pdf([page(), page()], foot="", finished=stop)


@pytest.mark.parametrize(
    "name",
    ["Ysgol Gymraeg Ŵyr", "École Noël", "בית ספר", "مدرسة النور", "Σχολείο", "Школа", "Fen \N{GRINNING FACE} School",
     "\N{WOMAN}\N{EMOJI MODIFIER FITZPATRICK TYPE-5}\N{ZERO WIDTH JOINER}\N{SCHOOL}", "x" * 300],
)  # fmt: skip
def test_any_school_can_be_named(name: str) -> None:
    made = write(page(f"<p><bdi>{name}</bdi></p>", heading=name))
    assert faults(made) == []


def test_a_character_that_no_font_has_is_replaced_and_stops_nothing() -> None:
    made = write(page(heading="Fen \u65e5\U000e0041 School"))

    assert faults(made) == []
    assert headings(made) == ["Fen \N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER} School"]


def test_what_can_be_drawn_stays_as_it_is() -> None:
    text = "£1,000 – “½”\n\tנ 😀\u200d"
    assert pdf.drawable(text) == text


@pytest.mark.parametrize(
    ("html", "words"),
    [
        (page().replace(' lang="en-GB"', ""), "lang"),
        (page(CHART.format(title="")), "A figure has no title"),
        (page('<p style="unicode-bidi: isolate">'), "Ignored"),
        (page('<a href="#nowhere">There</a>'), "anchor"),
    ],
)
def test_whatever_is_warned_of_is_an_error(html: str, words: str) -> None:
    with pytest.raises(pdf.NotAccessible, match=words):
        write(html)
    # And the next one is well.
    assert faults(write(page())) == []


def test_an_error_and_the_log_say_nothing_of_the_contents(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), pytest.raises(pdf.NotAccessible) as refusal:
        write(page('<a href="#AdaAdams">There</a>'))
    logged = "".join(record.getMessage() for record in caplog.records)
    assert "pdf_not_accessible" in logged
    assert "AdaAdams" not in logged + str(refusal.value)


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org/a.png",
        "file:///etc/passwd",
        "https://static.invalid/../x",
        "https://static.invalid/favicon.svg",
    ],
)
def test_nothing_is_fetched_from_anywhere(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def call(*arguments: object) -> None:
        raise AssertionError("The network was asked.")

    monkeypatch.setattr(socket.socket, "connect", call)
    with pytest.raises(pdf.NotAccessible, match="Only stylesheets and fonts of our own"):
        write(page(f'<img src="{address}" alt="A picture">'))


def test_a_font_that_is_missing_stops_each_document(monkeypatch: pytest.MonkeyPatch) -> None:
    pdf._style.cache_clear()
    real = pdf._static_file
    monkeypatch.setattr(pdf, "_static_file", lambda name: real("gone" if "hebrew-700" in name else name))
    for _ in range(2):
        with pytest.raises(pdf.NotAccessible, match="one is missing"):
            write(page())
    monkeypatch.undo()
    assert faults(write(page())) == []


def test_a_process_leaves_no_fonts_behind() -> None:
    write(page())
    folder = pdf._style()[1]._folder
    assert list(folder.glob("*"))

    pdf.forget()

    assert not folder.exists()


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="This system does not say what a process holds.")
def test_two_hundred_letters_leave_a_workers_memory_flat() -> None:
    """Measured: 126 MB after 20 letters, 128 MB after 200 and after 400."""
    command = [sys.executable, "-m", "tests.correspondence.memory", "20", "200"]
    answer = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, text=True, check=True)
    after_20, after_200 = map(int, answer.stdout.split())
    assert after_200 - after_20 < 10_000, answer.stdout
    # And no process is replaced for it.
    assert after_200 < settings.CELERY_WORKER_MAX_MEMORY_PER_CHILD
