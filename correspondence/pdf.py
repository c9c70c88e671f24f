"""Accessible PDFs: tagged, of the standard PDF/UA-1, from HTML, with our own fonts and nothing from the network."""

from __future__ import annotations

import atexit
import gc
import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
from django.contrib.staticfiles import finders
from django.core.exceptions import SuspiciousFileOperation

from correspondence.pdf_tags import complete_tags

if TYPE_CHECKING:
    from weasyprint import Document

log = structlog.get_logger(__name__)

# Our static files, to WeasyPrint: an address that nothing in the world has.
_STATIC = "https://static.invalid/"
_VARIANT = "pdf/ua-1"
# What stands for a character that none of our fonts has.
_UNKNOWN = "\N{REPLACEMENT CHARACTER}"
# Joiners and selectors of variants: they have no glyph of their own, and change those around them.
_WITHOUT_GLYPH = frozenset("\t\n\r\xad\u200b\u200c\u200d\u200e\u200f\u2060\ufe0e\ufe0f")


class NotAccessible(Exception):
    """The HTML makes no sound PDF; the message says what WeasyPrint had to say about it, without its contents."""


def write_pdf(
    parts: Iterable[str],
    *,
    foot: str,
    colour: str = "#0b0c0c",
    finished: Callable[[int], None] = lambda number: None,
) -> bytes:
    """One PDF of one or more whole HTML documents, each from a new page, its pages numbered through beside `foot`.

    `colour` is the hub's, `#rrggbb`.

    Calls `finished` after each part with how many are laid out by now; what it raises goes on. Title and language
    are the first part's. A heading, a table's header cells and the rest are tagged as in the HTML: `scope="row"` in
    a body or foot, `scope="col"` in a head. Raises `NotAccessible` for whatever WeasyPrint warns of.
    """
    from weasyprint.urls import FatalURLFetchingError

    with _complaints() as complaints:
        try:
            pdf = _write(parts, foot, colour, finished)
        except FatalURLFetchingError as error:
            raise NotAccessible(str(error)) from error
    if complaints:
        # Should it be the stylesheet, the next one shall not pass for having it read already.
        forget()
        log.error("pdf_not_accessible", complaints=sorted(set(complaints)))
        raise NotAccessible("; ".join(sorted(set(complaints))))
    return pdf


def drawable(text: str) -> str:
    """The text with a replacement character for each one that none of our fonts can draw."""
    unknown = set(text) - _covered()
    return text.translate(dict.fromkeys(map(ord, unknown), _UNKNOWN)) if unknown else text


def _write(parts: Iterable[str], foot: str, colour: str, finished: Callable[[int], None]) -> bytes:
    laid_out = []
    for number, part in enumerate(parts, start=1):
        laid_out.append(_lay_out(part, colour))
        finished(number)
    first = laid_out[0]
    pages = [page for document in laid_out for page in document.pages]
    _number_through(pages, foot, first.metadata)
    pdf: bytes = first.copy(pages).write_pdf(pdf_variant=_VARIANT, finisher=complete_tags)
    return pdf


def _lay_out(html: str, colour: str = "") -> Document:
    from weasyprint import CSS, HTML

    source = HTML(string=drawable(html), base_url=_STATIC, url_fetcher=_our_files())
    stylesheet, font_config = _style()
    sheets = [stylesheet, CSS(string=f":root {{ --hub-colour: {colour} }}")] if colour else [stylesheet]
    document: Document = source.render(font_config=font_config, stylesheets=sheets, pdf_variant=_VARIANT)
    return document


def _number_through(pages: list[Any], foot: str, metadata: Any) -> None:
    """Give the pages the margins of an empty document with as many: laid out one by one, no part knows their number."""
    from weasyprint.formatting_structure.boxes import MarginBox

    lang, title = escape(metadata.lang or ""), escape(metadata.title or "")
    sheets = '<p class="app-sheet"></p>' * len(pages)
    numbered = _lay_out(
        f'<html lang="{lang}"><title>{title}</title><body><p class="app-foot">{escape(foot)}</p>{sheets}'
    )
    for page, sheet in zip(pages, numbered.pages, strict=True):
        margins = [box for box in sheet._page_box.children if isinstance(box, MarginBox)]
        page._page_box.children = (*page._page_box.children, *margins)


@contextmanager
def _complaints() -> Iterator[list[str]]:
    """What WeasyPrint warns of within the block: its own words, without the contents that it puts into them."""
    heard: list[str] = []

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append(record.msg)

    logger, ear = logging.getLogger("weasyprint"), Ear(logging.WARNING)
    level = logger.level
    # Whatever the log's own level is; and what it says goes to nobody else, for it names what is in the document.
    logger.setLevel(logging.WARNING)
    logger.propagate = False
    logger.addHandler(ear)
    try:
        yield heard
    finally:
        logger.removeHandler(ear)
        logger.propagate = True
        logger.setLevel(level)


def forget() -> None:
    """Let go of stylesheet and fonts, whose files stand in a temporary folder; a process does so at its end."""
    _style.cache_clear()
    # Laid out pages refer to each other in circles, and to their fonts.
    gc.collect()


@cache
def _style() -> tuple[Any, Any]:
    """Stylesheet and fonts, read once by each process."""
    from weasyprint import CSS
    from weasyprint.text.fonts import FontConfiguration

    atexit.register(forget)
    font_config = FontConfiguration()
    return CSS(url=f"{_STATIC}pdf.css", url_fetcher=_our_files(), font_config=font_config), font_config


@cache
def _covered() -> frozenset[str]:
    """Every character that one of our fonts has, and those that need none."""
    from fontTools.ttLib import TTFont

    folder = _static_file("fonts")
    covered = set(_WITHOUT_GLYPH)
    for path in folder.glob("*-400-normal.woff2") if folder else []:
        with TTFont(path, lazy=True) as font:
            covered.update(map(chr, font.getBestCmap()))
    return frozenset(covered)


@cache
def _our_files() -> Any:
    """What fetches for WeasyPrint: files of our own, and nothing else."""
    from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

    class OurFiles(URLFetcher):  # type: ignore[misc]
        def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:
            kinds = {".css": "text/css", ".woff2": "font/woff2"}
            path = _static_file(url.removeprefix(_STATIC)) if url.startswith(_STATIC) else None
            if path is None or path.suffix not in kinds:
                # Fatal, or WeasyPrint would do without: with whatever fonts the machine has, for instance.
                raise FatalURLFetchingError("Only stylesheets and fonts of our own go into a PDF, and one is missing.")
            return URLFetcherResponse(url, path.read_bytes(), {"Content-Type": kinds[path.suffix]})

    return OurFiles()


def _static_file(name: str) -> Path | None:
    """Where a static file is; None where there is none: the front end has not been built, or an address is odd."""
    try:
        found = finders.find(name)
    except SuspiciousFileOperation:
        return None
    return Path(found) if found else None
