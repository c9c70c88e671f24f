"""A line of a summary list, as `components/summary_list.html` shows it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class SummaryRow(NamedTuple):
    """A fact and, where it can be changed, the way to do that; `change_what` is read out after "Change".

    A fact of several parts has `lines` in place of a value; a value that leads somewhere has a `link`.
    """

    key: str
    value: str = ""
    change_url: str = ""
    change_what: str = ""
    lines: Sequence[str] = ()
    link: str = ""
