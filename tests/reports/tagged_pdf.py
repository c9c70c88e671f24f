"""Reads a PDF as a screen reader does, by its tags, and says what would keep one from doing so.

The rules are those of PDF/UA-1 that can be told by a program: see `faults`. Nothing here comes from the program
that wrote the PDF.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from itertools import pairwise
from typing import Any

import pikepdf

_HEADING = re.compile(r"/H([1-6])")
# Operators that put something onto the page.
_PAINTS = {"f", "F", "f*", "B", "B*", "b", "b*", "S", "s", "sh", "Do", "INLINE IMAGE"}
_SHOWS_TEXT = {"Tj", "TJ", "'", '"'}


@dataclass
class Element:
    """An element of the tree of tags, with the text of the marked content beneath it."""

    tag: str
    source: pikepdf.Dictionary
    kids: list[Element] = field(default_factory=list)
    # (page, mcid) of its own content, and what that says.
    content: list[tuple[int, int]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    def all(self) -> Iterator[Element]:
        """This element and those beneath it, as they are read out."""
        yield self
        for kid in self.kids:
            yield from kid.all()

    @property
    def text(self) -> str:
        """What is read out."""
        return " ".join(" ".join(word for each in self.all() for word in each.words).split())


@dataclass
class Page:
    """What a page's stream draws: text by its mark, marks that are no content, and whether any lacks a mark."""

    texts: dict[int, str]
    artifacts: int
    unmarked: int


def faults(content: bytes) -> list[str]:
    """Everything that is wrong with a PDF, in words; nothing for one that holds."""
    with pikepdf.open(BytesIO(content)) as pdf:
        return [*_of_document(pdf), *_of_pages(pdf), *_of_tree(pdf), *_of_fonts(pdf)]


def tables(content: bytes) -> list[list[list[str]]]:
    """The tables by their tags: of each its rows, of each its cells' texts. One cut by a page's end is several."""
    with pikepdf.open(BytesIO(content)) as pdf:
        return [
            [[cell.text for cell in row.kids] for row in table.all() if row.tag == "/TR"]
            for table in _read(pdf).all()
            if table.tag == "/Table"
        ]


def headings(content: bytes) -> list[str]:
    """The headings, as they are read out."""
    with pikepdf.open(BytesIO(content)) as pdf:
        return [element.text for element in _read(pdf).all() if _HEADING.fullmatch(element.tag)]


def margins(content: bytes) -> list[str]:
    """What stands on each page and is no content: numbers of pages, for instance."""
    with pikepdf.open(BytesIO(content)) as pdf:
        return [_draw(page).texts.get(-1, "") for page in pdf.pages]


# --- The rules ----------------------------------------------------------------------------------


def _of_document(pdf: pikepdf.Pdf) -> Iterator[str]:
    root = pdf.Root
    if not root.get("/MarkInfo", {}).get("/Marked", False):
        yield "is not marked as tagged"
    if not str(root.get("/Lang", "")):
        yield "has no language"
    if not root.get("/ViewerPreferences", {}).get("/DisplayDocTitle", False):
        yield "does not show its title"
    if "/Metadata" not in root:
        yield "has no metadata"
        return
    with pdf.open_metadata() as metadata:
        if metadata.get("pdfuaid:part") != "1":
            yield "does not say that it is PDF/UA-1"
        if not metadata.get("dc:title"):
            yield "has no title"


def _of_pages(pdf: pikepdf.Pdf) -> Iterator[str]:
    for number, page in enumerate(pdf.pages, start=1):
        if page.get("/Tabs") != "/S":
            yield f"page {number} has no tab order by structure"
        if _draw(page).unmarked:
            yield f"page {number} has content that is neither tagged nor an artifact"


def _of_tree(pdf: pikepdf.Pdf) -> Iterator[str]:
    if "/StructTreeRoot" not in pdf.Root:
        yield "has no tree of tags"
        return
    tree = _read(pdf)
    yield from _of_content(pdf, tree)
    levels = [int(found[1]) for element in tree.all() if (found := _HEADING.fullmatch(element.tag))]
    if levels[:1] != [1]:
        yield "does not begin with a heading of the first level"
    if any(level > before + 1 for before, level in pairwise(levels)):
        yield "skips a level of headings"
    for element in tree.all():
        attributes = element.source.get("/A", {})
        if element.tag == "/TH" and attributes.get("/Scope") not in ("/Row", "/Column", "/Both"):
            yield f"the header cell {element.text!r} does not say what it heads"
        if element.tag == "/Figure" and not str(element.source.get("/Alt", "")).strip():
            yield "a figure has no alternative text"
        if element.tag == "/Table":
            yield from _of_table(element)


def _of_table(table: Element) -> Iterator[str]:
    rows = [[cell.tag for cell in row.kids] for row in table.all() if row.tag == "/TR"]
    if not rows or "/TH" not in rows[0]:
        yield "a table has no header row"
    if len({len(row) for row in rows}) > 1:
        yield "a table's rows differ in length"


def _of_content(pdf: pikepdf.Pdf, tree: Element) -> Iterator[str]:
    """Content and tags belong to each other one by one, both ways."""
    tagged = [place for element in tree.all() for place in element.content]
    drawn = [(number, mcid) for number, page in enumerate(pdf.pages) for mcid in _draw(page).texts if mcid >= 0]
    if len(set(tagged)) < len(tagged):
        yield "something is tagged twice"
    if set(drawn) - set(tagged):
        yield "something is marked that no tag leads to"
    if set(tagged) - set(drawn):
        yield "a tag leads to nothing"
    numbers = pdf.Root.StructTreeRoot.ParentTree.Nums
    parents = dict(zip(map(int, numbers[::2]), numbers[1::2], strict=True))
    for element in tree.all():
        for number, mcid in element.content:
            if parents[int(pdf.pages[number].StructParents)][mcid].objgen != element.source.objgen:
                yield "a piece of content does not find its tag"


def _of_fonts(pdf: pikepdf.Pdf) -> Iterator[str]:
    fonts = {str(font.BaseFont): font for page in pdf.pages for _, font in page.Resources.get("/Font", {}).items()}
    for name, font in fonts.items():
        inner = font.DescendantFonts[0] if "/DescendantFonts" in font else font
        if not any(file in inner.get("/FontDescriptor", {}) for file in ("/FontFile", "/FontFile2", "/FontFile3")):
            yield f"the font {name} is not embedded"
        if "/ToUnicode" not in font:
            yield f"the font {name} does not say which characters it draws"


# --- Reading ------------------------------------------------------------------------------------


def _read(pdf: pikepdf.Pdf) -> Element:
    pages = {page.objgen: number for number, page in enumerate(pdf.pages)}
    texts = [_draw(page).texts for page in pdf.pages]

    def element(source: pikepdf.Dictionary) -> Element:
        read = Element(str(source.S), source)
        kids: Any = source.get("/K", [])
        for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
            if isinstance(kid, int):
                place = pages[source.Pg.objgen], int(kid)
                read.content.append(place)
                read.words.append(texts[place[0]].get(place[1], ""))
            elif "/S" in kid:
                read.kids.append(element(kid))
        return read

    top = pdf.Root.StructTreeRoot.K
    return element(top[0] if isinstance(top, pikepdf.Array) else top)


def _draw(page: pikepdf.Page) -> Page:
    """What a page draws. The text of artifacts stands under -1."""
    fonts = {name: _characters(font) for name, font in page.Resources.get("/Font", {}).items()}
    drawn, marks, font = Page({}, 0, 0), [], {}
    for instruction in pikepdf.parse_content_stream(page):
        operator, operands = str(instruction.operator), list(instruction.operands)
        if operator in ("BMC", "BDC"):
            marked = operands[1] if len(operands) > 1 and isinstance(operands[1], pikepdf.Dictionary) else {}
            is_artifact = str(operands[0]) == "/Artifact"
            marks.append(-1 if is_artifact else int(marked["/MCID"]) if "/MCID" in marked else None)
            drawn.artifacts += is_artifact
            if marks[-1] is not None:
                drawn.texts.setdefault(marks[-1], "")
        elif operator == "EMC":
            marks.pop()
        elif operator == "Tf":
            font = fonts[str(operands[0])]
        elif operator in _PAINTS | _SHOWS_TEXT:
            inside = [mark for mark in marks if mark is not None]
            drawn.unmarked += not inside
            if operator in _SHOWS_TEXT and inside:
                drawn.texts[inside[-1]] += _decoded(operands[-1], font)
    return drawn


def _decoded(shown: Any, font: dict[int, str]) -> str:
    pieces = [bytes(piece) for piece in shown if isinstance(piece, pikepdf.String)] if isinstance(
        shown, pikepdf.Array
    ) else [bytes(shown)]  # fmt: skip
    codes = b"".join(pieces)
    return "".join(font.get(int.from_bytes(codes[at : at + 2], "big"), "") for at in range(0, len(codes), 2))


def _characters(font: pikepdf.Dictionary) -> dict[int, str]:
    """Which characters a font's codes stand for, by its ToUnicode table."""
    if "/ToUnicode" not in font:
        return {}
    table = font.ToUnicode.read_bytes().decode("ascii")
    found = {}
    for block in re.findall(r"beginbfchar(.*?)endbfchar", table, re.DOTALL):
        for code, text in re.findall(r"<([0-9a-fA-F]+)>\s*<([0-9a-fA-F]*)>", block):
            found[int(code, 16)] = bytes.fromhex(text).decode("utf-16-be")
    return found
