from __future__ import annotations

from xml.etree import ElementTree as ET

from reports.charts import Bar, bars

SVG = "{http://www.w3.org/2000/svg}"


def test_bars_are_as_long_as_their_amounts_and_the_longest_takes_the_whole_width() -> None:
    drawn = ET.fromstring(
        bars("Grants", [Bar("A", 50, "£50"), Bar("B", 100, "£100"), Bar("C", 0, "£0")], colour="#123456")
    )

    assert [rect.get("width") for rect in drawn.iter(f"{SVG}rect")] == ["180", "360", "0"]
    assert {rect.get("fill") for rect in drawn.iter(f"{SVG}rect")} == {"#123456"}
    assert [text.text for text in drawn.iter(f"{SVG}text")] == ["A", "£50", "B", "£100", "C", "£0"]


def test_a_chart_says_what_it_shows() -> None:
    drawn = ET.fromstring(bars("Grants & co", [], colour="#123456"))
    title = drawn.find(f"{SVG}title")
    assert title is not None and title.text == drawn.get("aria-label") == "Grants & co"
    assert drawn.get("role") == "img"


def test_nothing_but_zeros_is_drawn_all_the_same() -> None:
    assert 'width="0"' in bars("None", [Bar("A", 0, "0")], colour="#123456")


def test_labels_are_text() -> None:
    assert "<script>" not in bars("<script>", [Bar("<script>", 1, "<script>")], colour="#123456")
