from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template

TEMPLATES = Path(settings.BASE_DIR) / "templates"
PAGES = sorted(TEMPLATES.rglob("*.html"))
NAMES = [str(path.relative_to(TEMPLATES)) for path in PAGES]
# Places a person may go to; nothing of a page is fetched from there.
FORBIDDEN = {
    "a script in the page": re.compile(r"<script(?![^>]*\bsrc=)", re.I),
    "a style in the page": re.compile(r"<style\b", re.I),
    "a style attribute": re.compile(r"<[^>]*\sstyle\s*=", re.I),
    "an on… handler": re.compile(r"<[^>]*\son[a-z]+\s*=", re.I),
    "a javascript: address": re.compile(r"javascript:", re.I),
    "something from another origin": re.compile(
        r"<(?:script|link|img|iframe|source|audio|video|object|embed|form)\b[^>]*"
        r"\b(?:src|href|srcset|action|data)\s*=\s*[\"'](?:https?:)?//",
        re.I,
    ),
}


def test_every_template_compiles() -> None:
    assert len(NAMES) > 50
    for name in NAMES:
        get_template(name)


def test_no_template_holds_what_the_content_security_policy_refuses() -> None:
    found = [
        (name, what)
        for name in NAMES
        for what, pattern in FORBIDDEN.items()
        if pattern.search((TEMPLATES / name).read_text())
    ]
    assert found == []


@pytest.mark.parametrize(
    ("what", "sample"),
    [
        ("a script in the page", '<script type="module">go()</script>'),
        ("a style in the page", "<style>p{}</style>"),
        ("a style attribute", '<p class="x" style="color: red">'),
        ("an on… handler", '<button onclick="go()">'),
        ("a javascript: address", '<a href="javascript:go()">'),
        ("something from another origin", '<link rel="stylesheet" href="https://cdn.example/x.css">'),
        ("something from another origin", '<img alt="" src="//cdn.example/x.png">'),
    ],
)
def test_the_patterns_find_what_they_are_for(what: str, sample: str) -> None:
    assert FORBIDDEN[what].search(sample)


def test_the_lock_of_the_front_end_names_no_download_address() -> None:
    lock = (Path(settings.BASE_DIR) / "package-lock.json").read_text()
    assert '"resolved"' not in lock


def test_every_component_says_what_it_takes() -> None:
    components = [name for name in NAMES if name.startswith("components/")]
    assert [name for name in components if not (TEMPLATES / name).read_text().startswith("{% comment %}")] == []
