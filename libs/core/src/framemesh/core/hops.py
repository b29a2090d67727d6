"""The hops of a frame, and how long it was on each.

Their names are the same in outcomes, metrics, traces, `framemesh status` and the dashboard. A frame
is on one hop at a time, so their times add up to its age: from capture to outcome.
"""

from enum import Enum
from typing import NamedTuple


class Hop(Enum):
    """The hops in the order of a frame's way; its outcome ends the last one that it reached."""

    INGEST = "ingest"
    DWELL = "dwell"
    QUEUE = "queue"
    DECODE = "decode"
    BATCH = "batch"
    TRITON = "triton"
    OUTCOME = "outcome"


HOPS: dict[Hop, str] = {
    Hop.INGEST: "from the capture until the broker stored it in the buffer",
    Hop.DWELL: "in the buffer, until it came to the worker that made the outcome",
    Hop.QUEUE: "in that worker, until it was its turn; attempts that failed are part of it",
    Hop.DECODE: "decoded and resized, until the input of the first model is written",
    Hop.BATCH: "waits for others to share the request to Triton",
    Hop.TRITON: "in Triton, from the first request until the last answer, of all stages",
    Hop.OUTCOME: "the model's answer becomes the outcome",
}
"""What happens on each."""


class HopTimings(NamedTuple):
    """Microseconds on each hop; None: the frame did not get there, or it is not known.

    The clocks of ingest, broker and worker tell the first two: where they differ, so do these.
    """

    # A named tuple, because each frame has one: a frozen dataclass takes three times as long.

    ingest: int | None = None
    dwell: int | None = None
    queue: int | None = None
    decode: int | None = None
    batch: int | None = None
    triton: int | None = None
    outcome: int | None = None
