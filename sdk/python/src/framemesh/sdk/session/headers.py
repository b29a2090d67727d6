"""What a camera may pass on with a frame."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from framemesh.sdk.errors import BadFrame

NO_HEADERS: Mapping[str, str] = MappingProxyType({})

MAX_BYTES = 400
"""Of all headers of a frame, with LINE_BYTES for each."""

LINE_BYTES = 4

_NAME = re.compile(r"(?!nats-|framemesh-)[!#$%&'*+.^_`|~0-9a-z-]+", re.IGNORECASE)
"""A token, as in HTTP."""
_VALUE = re.compile(r"[!-~]([ -~]*[!-~])?")


def check_headers(headers: Mapping[str, str] | None) -> Mapping[str, str]:
    """A copy of them.

    Raises:
        BadFrame: ingest would not take them.
    """
    if headers is None:
        return NO_HEADERS
    if not isinstance(headers, Mapping):
        raise BadFrame(f"headers are a mapping of names to values, not {type(headers).__name__}")
    if not headers:
        return NO_HEADERS
    for name, value in headers.items():
        text = isinstance(name, str) and isinstance(value, str)
        if not text or not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            raise BadFrame(
                f"header {name!r}: use a name without spaces and colons, which begins with neither "
                "nats- nor framemesh-, and printable ASCII for its value"
            )
    size = sum(len(name) + len(value) + LINE_BYTES for name, value in headers.items())
    if size > MAX_BYTES:
        raise BadFrame(f"{size} bytes of headers are over the limit of {MAX_BYTES}: send fewer")
    return dict(headers)
