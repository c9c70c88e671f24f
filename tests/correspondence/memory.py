"""Makes PDFs one after the other in a process of its own, and says how much memory that takes, in KiB.

python -m tests.correspondence.memory 20 200
"""

from __future__ import annotations

import sys
from pathlib import Path

import django

LETTER = """<!DOCTYPE html>
<html lang="en-GB"><head><title>Letter {number}</title></head>
<body><p>{name}</p><h1>Your place</h1>{paragraphs}<table><caption>Dates</caption>
<thead><tr><th scope="col">Day</th><th scope="col">Where</th></tr></thead>
<tbody>{rows}</tbody></table></body></html>"""


def letter(number: int) -> str:
    """A letter of two pages; each names another school, of any script."""
    from tests.reports.figures import name_of

    name = name_of(number)
    words = f"We look forward to working with {name}, this year and the next."
    paragraphs = "".join(f"<p>{words} {at}</p>" for at in range(12))
    rows = "".join(f'<tr><th scope="row">{at} March</th><td>{name}</td></tr>' for at in range(1, 13))
    return LETTER.format(number=number, name=name, paragraphs=paragraphs, rows=rows)


def resident() -> int:
    """What the process holds in memory, in KiB."""
    status = Path("/proc/self/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:")))


def main(counts: list[int]) -> None:
    """Make the largest number of letters, and write the memory after each of the counts."""
    django.setup()
    from correspondence.pdf import write_pdf

    for number in range(1, max(counts) + 1):
        write_pdf([letter(number)], foot=f"Letter {number}")
        if number in counts:
            sys.stdout.write(f"{resident()}\n")


if __name__ == "__main__":
    main([int(count) for count in sys.argv[1:]])
