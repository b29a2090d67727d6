"""Durations as people write them: "500ms", "2s", "1.5s", "5m"."""

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, PlainSerializer

_WRITTEN = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h)")
_UNITS = {
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
    "ms": timedelta(milliseconds=1),
}


def _read(value: Any) -> Any:
    if isinstance(value, timedelta):
        return value
    match = _WRITTEN.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("a duration has a unit: 500ms, 2s, 5m")
    return float(match[1]) * _UNITS[match[2]]


def duration_text(duration: timedelta) -> str:
    """The inverse of reading, in the largest unit of which it is a whole number."""
    for name, unit in _UNITS.items():
        if duration >= unit and not duration % unit:
            return f"{duration // unit}{name}"
    return f"{duration / _UNITS['ms']:g}ms"


def between(least: timedelta, most: timedelta) -> AfterValidator:
    """The bounds of a `Duration`, both included."""

    def check(value: timedelta) -> timedelta:
        if not least <= value <= most:
            raise ValueError(f"use {duration_text(least)} to {duration_text(most)}")
        return value

    return AfterValidator(check)


Duration = Annotated[timedelta, BeforeValidator(_read), PlainSerializer(duration_text)]
"""A field of a document that takes a number with its unit."""
