"""A test of the checker: it finds each fault in a PDF that was sound before."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Pdf

from correspondence.pdf import write_pdf
from tests.reports.tagged_pdf import faults, headings, margins, tables

HTML = """<!DOCTYPE html>
<html lang="en-GB"><head><title>Title</title></head><body>
<h1>One</h1><h2>Two</h2><p>Text with <b>weight</b></p>
<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><title>A square</title><rect width="9" height="9"/></svg>
<table><thead><tr><th scope="col">School</th><th scope="col">£</th></tr></thead>
<tbody><tr><th scope="row">Ash</th><td>1,000</td></tr></tbody></table>
</body></html>"""


@pytest.fixture(scope="module")
def sound() -> bytes:
    return write_pdf([HTML], foot="Foot")


def broken(sound: bytes, breaking: Callable[[Pdf], None]) -> list[str]:
    with pikepdf.open(BytesIO(sound)) as pdf:
        breaking(pdf)
        written = BytesIO()
        pdf.save(written)
    return faults(written.getvalue())


def elements(pdf: Pdf, tag: str) -> list[Dictionary]:
    found: list[Dictionary] = []
    for item in pdf.objects:
        if isinstance(item, Dictionary) and item.get("/Type") == "/StructElem" and item.get("/S") == tag:
            found.append(item)
    return found


def metadata(pdf: Pdf, name: str) -> None:
    with pdf.open_metadata(set_pikepdf_as_editor=False) as opened:
        del opened[name]


def retag(pdf: Pdf, old: str, new: str) -> None:
    for element in elements(pdf, old):
        element.S = Name(new)


def stream(pdf: Pdf, old: bytes, new: bytes, count: int = 1) -> None:
    page = pdf.pages[0]
    content = page.Contents.read_bytes()
    assert old in content
    page.Contents = pdf.make_stream(content.replace(old, new, count))


def no_scope(pdf: Pdf) -> None:
    del elements(pdf, "/TH")[0].A["/Scope"]


def no_alt(pdf: Pdf) -> None:
    del elements(pdf, "/Figure")[0]["/Alt"]


def empty_alt(pdf: Pdf) -> None:
    elements(pdf, "/Figure")[0]["/Alt"] = pikepdf.String(" ")


def no_font_file(pdf: Pdf) -> None:
    font = next(iter(pdf.pages[0].Resources.Font.values()))
    del font.DescendantFonts[0].FontDescriptor["/FontFile2"]


def no_to_unicode(pdf: Pdf) -> None:
    del next(iter(pdf.pages[0].Resources.Font.values()))["/ToUnicode"]


def no_parent(pdf: Pdf) -> None:
    pdf.Root.StructTreeRoot.ParentTree.Nums[1][0] = elements(pdf, "/P")[0]


def out_of_tree(pdf: Pdf) -> None:
    pdf.Root.StructTreeRoot.K[0].K = Array(list(pdf.Root.StructTreeRoot.K[0].K)[:-1])


def cell_missing(pdf: Pdf) -> None:
    row = elements(pdf, "/TR")[1]
    row.K = Array(list(row.K)[:1])


@pytest.mark.parametrize(
    ("breaking", "fault"),
    [
        (lambda pdf: pdf.Root.MarkInfo.update({"/Marked": False}), "is not marked as tagged"),
        (lambda pdf: pdf.Root.__delitem__("/StructTreeRoot"), "has no tree of tags"),
        (lambda pdf: pdf.Root.__delitem__("/Lang"), "has no language"),
        (lambda pdf: pdf.Root.__delitem__("/ViewerPreferences"), "does not show its title"),
        (lambda pdf: pdf.Root.__delitem__("/Metadata"), "has no metadata"),
        (lambda pdf: metadata(pdf, "dc:title"), "has no title"),
        (lambda pdf: metadata(pdf, "pdfuaid:part"), "does not say that it is PDF/UA-1"),
        (lambda pdf: pdf.pages[0].__delitem__("/Tabs"), "page 1 has no tab order by structure"),
        (no_scope, "the header cell 'School' does not say what it heads"),
        (no_alt, "a figure has no alternative text"),
        (empty_alt, "a figure has no alternative text"),
        (lambda pdf: retag(pdf, "/H2", "/H3"), "skips a level of headings"),
        (lambda pdf: retag(pdf, "/H1", "/P"), "does not begin with a heading of the first level"),
        (lambda pdf: retag(pdf, "/TH", "/TD"), "a table has no header row"),
        (cell_missing, "a table's rows differ in length"),
        (lambda pdf: stream(pdf, b"/Artifact", b"/Span"), "page 1 has content that is neither tagged nor an artifact"),
        (lambda pdf: stream(pdf, b"/MCID 0", b"/MCID 90"), "something is marked that no tag leads to"),
        (lambda pdf: stream(pdf, b"/MCID 0", b"/MCID 90"), "a tag leads to nothing"),
        (out_of_tree, "something is marked that no tag leads to"),
        (no_parent, "a piece of content does not find its tag"),
        (no_font_file, "is not embedded"),
        (no_to_unicode, "does not say which characters it draws"),
    ],
)
def test_each_fault_is_found(sound: bytes, breaking: Callable[[Pdf], None], fault: str) -> None:
    assert faults(sound) == []
    assert any(fault in found for found in broken(sound, breaking))


def test_a_pdf_is_read_by_its_tags(sound: bytes) -> None:
    assert headings(sound) == ["One", "Two"]
    assert tables(sound) == [[["School", "£"], ["Ash", "1,000"]]]
    assert margins(sound) == ["FootPage 1 of 1"]
