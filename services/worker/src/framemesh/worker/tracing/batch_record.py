"""One request to Triton as traces see it: when it was sent and answered, and whose frames were in
it."""

import contextvars

from framemesh.core.clock import Clock
from framemesh.core.tracing.trace_context import TraceContext
from framemesh.runtime.tracing.span import new_span_id, new_trace_id


class BatchRecord:
    """Is made for every request; it gets ids only once a frame of it is traced."""

    __slots__ = (
        "_clock",
        "_context",
        "_left",
        "answered",
        "error",
        "frames",
        "links",
        "rows",
        "sampled",
        "sent",
        "stage",
    )

    def __init__(self, stage: str, rows: int, clock: Clock) -> None:
        """`clock`: that of its frames."""
        self._clock = clock
        self._context: TraceContext | None = None
        self.stage = stage
        self.rows = rows
        self.sent = clock.monotonic()
        self.answered: float | None = None
        self.error = ""
        """What Triton said of it, if that was no answer."""
        self.sampled = False
        """Whether a frame of it was chosen in advance: Triton traces it as well."""
        self.frames = 0
        """That are in it."""
        self._left = 0
        """Those of them that are settled."""
        self.links: list[TraceContext] = []
        """To the spans of those of them that are traced."""

    @property
    def context(self) -> TraceContext:
        """Of its span, which is the first of a trace of its own: it belongs to several frames."""
        if self._context is None:
            self._context = TraceContext(new_trace_id(), new_span_id())
        return self._context

    def end(self) -> None:
        """It was answered, or will never be."""
        self.answered = self._clock.monotonic()

    def leave(self) -> bool:
        """A frame of it is settled; whether that was the last one, and any of them is traced."""
        self._left += 1
        return self._left == self.frames and bool(self.links)


TRITON_CONTEXT: contextvars.ContextVar[TraceContext | None] = contextvars.ContextVar(
    "framemesh_triton_context", default=None
)
"""Of the request that the running task makes, if Triton should trace it as well."""
