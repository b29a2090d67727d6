"""The options of the operators: stages of a pipeline that are built in and need no model."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from pydantic import ConfigDict, Field

from framemesh.core.documents.document import Problem
from framemesh.core.documents.duration import Duration, between
from framemesh.core.names import Name

_STRICT = ConfigDict(extra="forbid")

Score = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Overlap = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]
"""Intersection over union of two boxes: the share of what both cover that each of them covers."""

MIN_GAP, MAX_GAP = timedelta(milliseconds=100), timedelta(minutes=1)
"""Where a thing is after a longer time does not follow from how it moved before."""

GAP = timedelta(seconds=2)
"""For as long somebody walks past behind a car or a pillar."""

MIN_WITHIN, MAX_WITHIN = timedelta(milliseconds=100), timedelta(hours=24)
WITHIN = timedelta(seconds=10)

MAX_SIDE = 8192
"""Pixels of a frame that was resized: 200 MB of memory if both sides have so many."""


@dataclass(frozen=True, slots=True)
class TrackSpec:
    """How the boxes of a camera are followed from frame to frame."""

    __pydantic_config__ = _STRICT

    min_score: Score = 0.5
    """Of boxes that begin a track or find one again; 0 to 1."""
    low_score: Score = 0.1
    """Of boxes that continue one that was seen in the frame before: things behind others have low
    scores. The threshold of the model must be as low, or there are none."""
    min_iou: Overlap = 0.2
    """Intersection over union of a box and the place where its track is expected. One that was in
    sight may be farther where it is not yet known how fast it moves."""
    max_gap: Annotated[Duration, between(MIN_GAP, MAX_GAP)] = GAP
    """For how long a track waits for a thing that is not seen. It must be longer than the time
    between two frames, or each frame begins new tracks."""
    min_frames: Annotated[int, Field(ge=1, le=100)] = 1
    """In a row in which a thing is found before it has an identity. With 2 or 3 a box that a model
    sees once by mistake has none."""


@dataclass(frozen=True, slots=True)
class DedupeSpec:
    """What makes a box one that was there before."""

    __pydantic_config__ = _STRICT

    min_iou: Overlap = 0.5
    """Intersection over union with a box of the same label that was passed on."""
    within: Annotated[Duration, between(MIN_WITHIN, MAX_WITHIN)] = WITHIN
    """For how long a box that was passed on keeps others back. What stays there is passed on again
    after this time."""


@dataclass(frozen=True, slots=True)
class SampleSpec:
    """Which frames of a camera go on."""

    __pydantic_config__ = _STRICT

    every: Annotated[int, Field(ge=1, le=1_000_000)]
    """One frame of so many, by the number of the frame in its session; the first one goes on."""


@dataclass(frozen=True, slots=True)
class CountSpec:
    """What is counted, and where."""

    __pydantic_config__ = _STRICT

    zones: tuple[Name, ...] = ()
    """Names of zones of the pipeline; empty: the whole frame."""
    labels: tuple[str, ...] = ()
    """Only things with one of these labels, and 0 where there are none; empty: all that occur."""


@dataclass(frozen=True, slots=True)
class BlurSpec:
    """How boxes are made unrecognisable."""

    __pydantic_config__ = _STRICT

    strength: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = 0.5
    """0: a mosaic of 12 cells along the longer side of each box; 1: one colour."""


@dataclass(frozen=True, slots=True)
class ResizeSpec:
    """The size that a frame has for the stages behind."""

    __pydantic_config__ = _STRICT

    width: Annotated[int, Field(ge=1, le=MAX_SIDE)]
    """Pixels."""
    height: Annotated[int, Field(ge=0, le=MAX_SIDE)] = 0
    """Pixels; 0: in proportion to the width."""


def track_problems(spec: TrackSpec) -> Iterator[Problem]:
    """What its fields must not say together, with paths from `spec`."""
    if spec.low_score > spec.min_score:
        yield Problem(("low_score",), f"use min_score ({spec.min_score:g}) or less")
