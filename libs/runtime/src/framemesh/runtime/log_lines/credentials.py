"""Takes users and passwords out of URLs, wherever in a log they are."""

import re
from collections.abc import Mapping
from typing import Any

MAX_DEPTH = 8
"""Of values in values: a traceback has four. What is deeper is written as one text."""

_USER_INFO = re.compile(r"(?<=://)\S*@(?!sha256:)")
"""Up to the last @ of the word, not of the host alone: a password that was pasted as it is may have
slashes in it. More of a URL may be lost so than need be; never less. A digest of an image is no
host."""

_IN_ONE_URL = re.compile(r"(?<=://).*@", re.DOTALL)

_PLAIN = (bool, int, float, type(None))


def without_credentials(text: str) -> str:
    """The text, with nothing before the host of each URL in it."""
    return _USER_INFO.sub("", text) if "://" in text else text


def url_without_credentials(url: str) -> str:
    """The same of what should be one URL alone, which may have blanks in its password."""
    return _IN_ONE_URL.sub("", url)


def clean(value: Any, depth: int = 0) -> Any:
    """The same of all texts in a value that is to become JSON; what is no such value becomes one
    text."""
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
