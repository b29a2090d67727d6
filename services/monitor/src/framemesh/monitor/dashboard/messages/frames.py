"""Single frames: what became of them."""

from typing import Literal

from framemesh.monitor.dashboard.messages.base import Message
from framemesh.monitor.dashboard.messages.detections import Detection
from framemesh.monitor.dashboard.messages.pipelines import Totals

FateName = Literal["done", "expired", "superseded", "dead", "rejected"]


class ListedFrame(Message):
    """A frame of a list."""

    camera: str
    session: str
    sequence: int
    fate: FateName | Literal["pending"]
    reason: str
    captured_ms: float | None
    """None, as the next one: of a pending frame."""
    completed_ms: float | None
    attempts: int
    kept_picture: bool
    """Whether its picture can still be had."""


class FramePage(Message):
    """Some frames, the newest first."""

    frames: list[ListedFrame]
    next: str | None
    """The `after` of the next page; null after the last."""


class FrameOutcome(Message):
    """What became of a frame, with its detections."""

    fate: FateName
    reason: str
    detail: str
    captured_ms: float
    completed_ms: float
    width: int
    height: int
    damaged: bool
    revision: int
    detections: list[Detection]
    timings_ms: dict[str, float]
    """By hop."""


class Step(Message):
    """A part of a frame's life."""

    name: str
    at_ms: float
    duration_ms: float


class CameraLedger(Totals):
    """The ledger of a camera."""

    reasons: dict[str, int]


class DeadLetter(Message):
    """A dead frame that is kept with its picture."""

    camera: str
    session: str
    sequence: int
    reason: str
    detail: str
    attempts: int
    worker: str
    """That gave it up."""
    captured_ms: float
    died_ms: float
    image_bytes: int
    picture_url: str


class DeadLetterPage(Message):
    """Some dead letters, the newest first."""

    dead_letters: list[DeadLetter]
    next: str | None


class FrameDetails(Message):
    """All that is on record of one frame."""

    pipeline: str
    camera: str
    session: str
    sequence: int
    state: Literal["unknown", "pending", "completed", "not_retained"]
    """not_retained: it had an outcome, which is no longer kept."""
    outcome: FrameOutcome | None
    ledger: CameraLedger
    """Of its camera."""
    timeline: list[Step]
    attempts: int
    completed_by: str
    models: list[str]
    """As stage: name:version."""
    trace_id: str | None
    trace_url: str | None
    picture_url: str | None
    dead_letter: DeadLetter | None


class Replayed(Message):
    """A dead letter was offered again and accepted."""

    camera: str
    session: str
    sequence: int


class Purged(Message):
    """Dead letters that were deleted."""

    purged: int
