"""`bin/bench [NAME]`: run one of the programs in `hubadmin/bench`, or list them."""

from __future__ import annotations

import ast
import sys
from collections.abc import Sequence
from pathlib import Path

from hubadmin.local.launch import set_up_and_run
from hubadmin.local.places import ROOT

FOLDER = ROOT / "hubadmin" / "bench"


def main(arguments: Sequence[str]) -> None:
    """List the benchmarks, or become the one that is named; exits with a sentence when there is none of that name."""
    programs = {file.stem: file for file in sorted(FOLDER.glob("[a-z]*.py"))}
    if not arguments:
        print(
            "\n".join(f"{name:20} {_purpose(file)}" for name, file in programs.items())
            or "There are no benchmarks yet."
        )
        return
    name, *rest = arguments
    if name not in programs:
        sys.exit(f"bin/bench: there is no benchmark {name!r}; there are: {', '.join(programs) or 'none'}")
    set_up_and_run(f"hubadmin.bench.{name}", rest, dev=True)


def _purpose(file: Path) -> str:
    documentation = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return documentation.partition("\n")[0]
