"""One span of a trace, made when it has ended."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from framemesh.core.tracing.trace_context import TraceContext

AttributeValue = str | int | float | bool


class SpanKind(Enum):
    """What a span is to the one that it belongs to, as OpenTelemetry says it."""

    INTERNAL = "internal"
    PRODUCER = "producer"
    CONSUMER = "consumer"
    CLIENT = "client"


@dataclass(frozen=True, slots=True)
class Span:
    """Something that took a time."""

    name: str
    service: str
    """Whose work it was, which is not always the process that tells of it."""
    context: TraceContext
    """Its trace, and its own id."""
    start_unix_nano: int
    end_unix_nano: int
    parent_id: int = 0
    """0: it is the first of its trace."""
    kind: SpanKind = SpanKind.INTERNAL
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)
    links: tuple[TraceContext, ...] = ()
    """Spans of other traces that have to do with it."""
    error: str = ""
    """What went wrong, in one line; empty: nothing."""


def new_span_id() -> int:
    """Of a span that nobody has to find by what it is of."""
    return secrets.randbits(64) or 1


def new_trace_id() -> int:
    """Of a trace that is no frame's."""
    return secrets.randbits(128) or 1
