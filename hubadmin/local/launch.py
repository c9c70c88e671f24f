"""From whatever Python a command was started with into the one of `.venv`, set-up included."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NoReturn

from hubadmin.local.places import ROOT, VENV_PYTHON
from hubadmin.local.setup import run_or_exit


def set_up_and_run(module: str, arguments: Sequence[str], *, dev: bool) -> NoReturn:
    """Set up, then become the given module of ours in the virtual environment, in the project's folder."""
    run_or_exit(dev=dev)
    os.chdir(ROOT)
    os.execv(VENV_PYTHON, [str(VENV_PYTHON), "-m", module, *arguments])
