"""Figures as they were at a moment: from dataclasses into what JSON can hold, and back, the same to the penny."""

from __future__ import annotations

import dataclasses
import datetime as dt
import types
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

T = TypeVar("T")


def freeze(value: Any) -> Any:
    """A dataclass, and all that it holds, as JSON can hold it: dates and moments become text."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: freeze(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, list):
        return [freeze(item) for item in value]
    return value.isoformat() if isinstance(value, dt.date) else value


def thaw(kind: type[T], frozen: Any) -> T:
    """What was frozen, as its dataclass again. Raises KeyError where something is missing."""
    hints = get_type_hints(kind)
    return kind(**{name: _thawed(hint, frozen[name]) for name, hint in hints.items()})


def _thawed(hint: Any, value: Any) -> Any:
    if isinstance(hint, types.UnionType):
        (hint,) = (one for one in get_args(hint) if one is not types.NoneType)
    if value is None:
        return None
    if get_origin(hint) is list:
        return [_thawed(get_args(hint)[0], item) for item in value]
    if dataclasses.is_dataclass(hint):
        return thaw(hint, value)  # type: ignore[arg-type]  # a dataclass, but to the checker not a class
    return hint.fromisoformat(value) if hint in (dt.date, dt.datetime) else value
