"""What may be shown of a definition: never a password."""

import re
from dataclasses import replace
from urllib.parse import urlsplit

from framemesh.core.sinks.spec import SinkSpec

HIDDEN = "***"

_SECRET_PARAMETER = re.compile(
    r"(?i)\b([^&=]*(?:key|token|secret|password|pwd|sig|auth)[^&=]*)=[^&]*"
)
"""A parameter of a URL whose name says that its value is nobody's business."""


def redacted(spec: SinkSpec) -> SinkSpec:
    """The same without what must not be seen in lists and logs."""
    options = replace(spec.options, secret=HIDDEN) if spec.options.secret else spec.options
    target = spec.target if spec.kind.is_folder else redacted_url(spec.target)
    return replace(spec, target=target, options=options)


def redacted_url(url: str) -> str:
    """A URL without the password, and without the values of parameters that look like one."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return HIDDEN
    credentials, at, address = parts.netloc.rpartition("@")
    if at and ":" in credentials:
        credentials = f"{credentials.partition(':')[0]}:{HIDDEN}"
    query = _SECRET_PARAMETER.sub(rf"\1={HIDDEN}", parts.query)
    return parts._replace(netloc=f"{credentials}{at}{address}", query=query).geturl()
