from __future__ import annotations

import re

from hubadmin.bench import reports


def test_it_measures_every_way_beside_weasyprint_alone_and_says_how_ours_keep_up() -> None:
    said: list[str] = []

    held = reports.measure(rounds=1, documents=1, schools=8, say=said.append)

    head, *lines, verdict = said
    assert head.startswith("Grant reports of 8 schools a second")
    assert [line.split(" ")[0] for line in lines] == ["WeasyPrint", "WeasyPrint", "ours:", "ours:"]
    assert all(re.search(r" \d+\.\d\d/s +\d+\.\d\d   \d", line) for line in lines)
    assert verdict.endswith("holds." if held else "DOES NOT HOLD.")
