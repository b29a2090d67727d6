"""The one final fate of a frame, and its detections."""

from dataclasses import dataclass
from enum import Enum

from framemesh.core.detection import Detection
from framemesh.core.frame import FrameId
from framemesh.core.hops import HopTimings


class Fate(Enum):
    """The final state of an offered frame."""

    DONE = "done"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    DEAD = "dead"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class StageModel:
    """The model of one stage."""

    stage: str
    model: str
    version: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of one frame. There is exactly one for every frame that was offered."""

    frame: FrameId
    pipeline: str
    fate: Fate
    captured_unix_nano: int
    completed_unix_nano: int
    completed_by: str
    """Name of the worker or ingest process that decided it."""
    reason: str = ""
    """Why the fate is not done, as one stable word: "undecodable", "too_large", ..."""
    detail: str = ""
    """The same for people, with figures; of a frame that is done, what is damaged."""
    width: int = 0
    height: int = 0
    """Size of the decoded picture in pixels; 0 where it was never decoded."""
    detections: tuple[Detection, ...] = ()
    attempts: int = 1
    """Attempts to process the frame: 0 if it was expired, superseded or rejected, else 1 plus its
    isolated retries."""
    image_bytes: int = 0
    """Size of the image as the worker got it; 0 if ingest decided the fate."""
    tensor_bytes: int = 0
    """Total size of the input tensors of all models."""
    damaged: bool = False
    """Whether the decoder found part of the picture lost: some of its pixels are made up."""
    run: str = ""
    """Name of the run that the outcome belongs to: empty for live processing, with exactly one
    outcome a frame; another run (a replay, a shadow) has outcomes of its own."""
    revision: int = 0
    """Of the pipeline, by which the worker decided it; 0 if ingest did."""
    models: tuple[StageModel, ...] = ()
    """Of all stages; none if the frame was not processed."""
    timings: HopTimings = HopTimings()  # noqa: RUF009  it is frozen
    crc32: int | None = None
    """Of the image, as its camera computed it; None: not known."""
