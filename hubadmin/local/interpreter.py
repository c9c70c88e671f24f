# ruff: noqa: UP032
"""Finds a Python that is new enough.

Kept to what every Python 3 can read, since its task is to refuse the old ones politely.
"""

import os
import shutil
import subprocess
import sys

OLDEST = (3, 11)
CANDIDATES = ("python3.13", "python3.12", "python3.11", "python3.14")


def ensure():  # type: () -> None
    """Go on when this Python is new enough, else start again under one that is, or exit with a sentence."""
    if sys.version_info >= OLDEST:
        return
    for name in CANDIDATES:
        python = shutil.which(name)
        if python and _works(python):
            os.execv(python, [python, *sys.argv])
    ours = ".".join(str(number) for number in sys.version_info[:2])
    sys.exit("hubadmin needs Python 3.11 or newer; this is Python {} and no newer one is on the PATH.".format(ours))


def _works(python):  # type: (str) -> bool
    """Whether the program found is a Python and new enough; a version manager's shim may be neither."""
    question = "import sys; sys.exit(sys.version_info < {!r})".format(OLDEST)
    try:
        return subprocess.call([python, "-c", question], stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False
