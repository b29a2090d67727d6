"""What the trace of a frame is that went all the way, whoever collected it."""

from collections.abc import Mapping
from typing import Protocol

import pytest

HOPS = ("send", "ingest", "dwell", "queue", "decode", "batch", "triton", "outcome")
"""One after the other, from the capture until the outcome."""

STORED = frozenset({"frame", "send", "ingest", "publish", "dwell", "process", "store"})
"""What every frame has that came to a worker."""

WHOLE = STORED | set(HOPS) | {"watch"}

TOLERANCE_SECONDS = 0.05
"""Ingest has the broker's answer later than the broker has the frame."""


class SeenSpan(Protocol):
    @property
    def span_id(self) -> str: ...

    @property
    def parent_id(self) -> str:
        """Empty: it has none."""
        ...

    @property
    def start(self) -> float:
        """In Unix seconds."""
        ...

    @property
    def end(self) -> float: ...


def assert_whole(spans: Mapping[str, SeenSpan], captured: float, completed: float) -> None:
    """The spans of a frame, by the first word of their name, are a tree whose times are its age."""
    ids = {name: span.span_id for name, span in spans.items()}
    parts = dict.fromkeys(("queue", "decode", "batch", "triton", "outcome", "store"), "process")
    belongs_to = {
        "send": "frame",
        "ingest": "send",
        "publish": "ingest",
        "dwell": "publish",
        "process": "publish",
        "watch": "store",
        **parts,
    }
    assert {name: span.parent_id for name, span in spans.items()} == {
        "frame": "",
        **{name: ids[parent] for name, parent in belongs_to.items()},
    }
    spent = sum(spans[hop].end - spans[hop].start for hop in HOPS)
    assert spent == pytest.approx(completed - captured, abs=TOLERANCE_SECONDS)
    root = spans["frame"]
    assert root.start == pytest.approx(captured, abs=1e-5)
    assert root.end == pytest.approx(spans["store"].end, abs=1e-3)
    assert spans["store"].start == pytest.approx(completed, abs=1e-5)
    assert spans["watch"].end >= spans["watch"].start
