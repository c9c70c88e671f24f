"""What WeasyPrint's tags lack of what readers of PDF/UA need. Works on the PDF's objects before they are written."""

from __future__ import annotations

import logging
from typing import Any


def complete_tags(document: Any, pdf: Any) -> None:
    """Say of each header cell what it heads, and mark what stands in the margins as no content.

    WeasyPrint links cells to their headers, but older readers look for a header's scope. What it writes into
    margins, numbers of pages for instance, it marks as content without a place in the tree of tags.
    """
    elements = {item.number: item for item in pdf.objects if _is_element(item)}
    for element in elements.values():
        if element["S"] == "/TH":
            element["A"]["Scope"] = "/Column" if _stands_in(element, "/THead", elements) else "/Row"
        if element["S"] == "/Figure" and "Alt" not in element:
            # As WeasyPrint itself does for images that are no SVG.
            logging.getLogger("weasyprint").error("A figure has no title")
    _take_margins_out(pdf, _reached(pdf, elements))


def _take_margins_out(pdf: Any, content: set[int]) -> None:
    import pydyf

    root = next(item for item in pdf.objects if _is_a(item, "/StructTreeRoot"))
    parents = pdf.objects[_number(root["ParentTree"])]["Nums"]
    mapped = dict(zip(parents[::2], parents[1::2], strict=True))
    for page in (item for item in pdf.objects if _is_a(item, "/Page")):
        elements = mapped[page["StructParents"]]
        margins = {mcid for mcid, reference in enumerate(elements) if _number(reference) not in content}
        stream = pdf.objects[_number(page["Contents"])].stream
        for place, item in enumerate(stream):
            if isinstance(item, pydyf.Dictionary) and item.get("MCID") in margins:
                stream[place - 1] = "/Artifact"
                stream[place] = pydyf.Dictionary({"Type": "/Pagination"})
        for mcid in margins:
            elements[mcid] = "null"


def _reached(pdf: Any, elements: dict[int, Any]) -> set[int]:
    """The numbers of the elements in the tree."""
    waiting = [number for number, element in elements.items() if element["S"] == "/Document"]
    reached: set[int] = set()
    while waiting:
        number = waiting.pop()
        reached.add(number)
        kids = elements[number]["K"]
        # A number is marked content; a reference may lead to a link's annotation.
        waiting += [_number(kid) for kid in kids if not isinstance(kid, int) and _number(kid) in elements]
    return reached


def _stands_in(element: Any, tag: str, elements: dict[int, Any]) -> bool:
    while element is not None and element["S"] not in (tag, "/Table"):
        element = elements.get(_number(element["P"]))
    return element is not None and element["S"] == tag


def _is_element(item: Any) -> bool:
    return _is_a(item, "/StructElem")


def _is_a(item: Any, kind: str) -> bool:
    return isinstance(item, dict) and item.get("Type") == kind


def _number(reference: Any) -> int:
    """The number of the object that a reference like `12 0 R` is to."""
    return int(reference.split()[0])
