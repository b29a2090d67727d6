"""Values of a line of a log, without users and passwords of URLs, wherever in them they are."""

from collections.abc import Mapping
from typing import Any

from framemesh.core.urls import without_credentials

MAX_DEPTH = 8
"""Of values in values: a traceback has four. What is deeper is written as one text."""

_PLAIN = (bool, int, float, type(None))


def clean(value: Any, depth: int = 0) -> Any:
    """A value that is to become JSON, without credentials in any text of it; what is no such value
    becomes one text."""
    if isinstance(value, str):
        return without_credentials(value)
    if isinstance(value, _PLAIN):
        return value
    if depth < MAX_DEPTH:
        if isinstance(value, Mapping):
            return {
                without_credentials(str(key)): clean(each, depth + 1) for key, each in value.items()
            }
        if isinstance(value, list | tuple | set | frozenset):
            return [clean(each, depth + 1) for each in value]
    return without_credentials(_text(value))


def _text(value: Any) -> str:
    try:
        return repr(value)
    except Exception as error:  # noqa: BLE001  a line of a log must not end what it tells of
        return f"<{type(value).__name__} whose repr fails: {type(error).__name__}>"
