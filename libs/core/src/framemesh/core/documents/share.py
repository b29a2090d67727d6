"""Shares of a whole as people write them: "10%", "0.5%", or a number from 0 to 1."""

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainSerializer

_WRITTEN = re.compile(r"(\d+(?:\.\d+)?)\s*%")


def _read(value: Any) -> Any:
    if isinstance(value, bool | str):
        match = _WRITTEN.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            raise ValueError("a share is a percentage such as 10%, or a number from 0 to 1")
        return float(match[1]) / 100
    return value


def share_text(share: float) -> str:
    """The inverse of reading."""
    return f"{round(100 * share, 6):g}%"


Share = Annotated[
    float,
    Field(ge=0, le=1, allow_inf_nan=False),
    BeforeValidator(_read),
    PlainSerializer(share_text),
]
"""A field of a document that takes a percentage."""
