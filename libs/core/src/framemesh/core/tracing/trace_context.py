"""The place in a trace that one service passes on to the next, as W3C Trace Context writes it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

TRACEPARENT = "traceparent"
"""The header that has it. Its name is written in any case."""

SAMPLED = 0x01
"""The bit of the flags that says that the trace is recorded."""

_TRACEPARENT = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?"
)
"""Of any version but ff: later ones may only add to the end."""


@dataclass(frozen=True, slots=True)
class TraceContext:
    """A span of a trace, and whether the trace is recorded."""

    trace_id: int
    """128 bits, not 0."""
    span_id: int
    """64 bits, not 0."""
    sampled: bool = True

    def __str__(self) -> str:
        """As the value of a `traceparent`."""
        return f"00-{self.trace_id:032x}-{self.span_id:016x}-{'01' if self.sampled else '00'}"

    def sibling(self, span_id: int) -> "TraceContext":
        """Another span of the same trace."""
        return TraceContext(self.trace_id, span_id, self.sampled)

    @classmethod
    def parse(cls, traceparent: str) -> "TraceContext | None":
        """The inverse of `str`; None for what is none, which W3C says to ignore."""
        found = _TRACEPARENT.fullmatch(traceparent)
        if found is None:
            return None
        trace_id, span_id, flags = found.groups()
        return cls(int(trace_id, 16), int(span_id, 16), bool(int(flags, 16) & SAMPLED))


def context_in(headers: Mapping[str, str]) -> TraceContext | None:
    """The context that a message came with; None where it has none."""
    # Nearly every message has no header of its sender.
    if not headers:
        return None
    for name, value in headers.items():
        if name.lower() == TRACEPARENT:
            return TraceContext.parse(value)
    return None


def without_context(headers: Mapping[str, str]) -> dict[str, str]:
    """All other headers."""
    return {name: value for name, value in headers.items() if name.lower() != TRACEPARENT}
