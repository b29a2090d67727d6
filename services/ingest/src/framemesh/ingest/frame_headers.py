"""Which headers a camera may pass on with a frame."""

import re
from collections.abc import Mapping

MAX_HEADERS_BYTES = 400
"""Of all headers of a frame. Less than the largest frame leaves of the largest message; a dead
letter keeps as much."""

LINE_BYTES = 4
"""Of each header beside its name and value: a colon, a space and the end of the line."""

_NAME = re.compile(r"(?!nats-|framemesh-)[!#$%&'*+.^_`|~0-9a-z-]+", re.IGNORECASE)
"""A token, as in HTTP."""
_VALUE = re.compile(r"[!-~]([ -~]*[!-~])?")


def problem_of_headers(headers: Mapping[str, str]) -> str:
    """What is wrong with them, in one line; empty: nothing."""
    for name, value in headers.items():
        if not _NAME.fullmatch(name):
            return (
                f"header {name!r}: use a name without spaces and colons, which begins with neither "
                "nats- nor framemesh-"
            )
        if not _VALUE.fullmatch(value):
            return f"header {name!r}: use for its value printable ASCII without spaces around it"
    size = sum(len(name) + len(value) + LINE_BYTES for name, value in headers.items())
    if size > MAX_HEADERS_BYTES:
        return f"{size} bytes of headers are over the limit of {MAX_HEADERS_BYTES}: send fewer"
    return ""
