"""Reading a page the way a browser and a screen reader do."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

EMPTY = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}


@dataclass
class Element:
    """One element of a page with its attributes and the text inside it."""

    tag: str
    attributes: dict[str, str]
    text: str = ""


@dataclass
class Page(HTMLParser):
    """The elements of a page, in order."""

    source: str
    elements: list[Element] = field(default_factory=list)
    open: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        HTMLParser.__init__(self)
        self.feed(self.source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.elements.append(element)
        if tag not in EMPTY:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data

    def all(self, tag: str, **attributes: str) -> list[Element]:
        """The elements with a tag and these attributes; a class is one of the element's classes."""
        return [
            element
            for element in self.elements
            if element.tag == tag
            and all(_holds(element, name.rstrip("_").replace("_", "-"), value) for name, value in attributes.items())
        ]

    def by_id(self, id_: str) -> Element:
        """The one element with an id; fails when there is none or more than one."""
        (element,) = [element for element in self.elements if element.attributes.get("id") == id_]
        return element


def _holds(element: Element, name: str, value: str) -> bool:
    found = element.attributes.get(name, "")
    return value in found.split() if name == "class" else found == value
