"""How large the outcome of one frame can be, told before there is a frame.

An outcome is one message. A stage on crops, or on tiles, multiplies what its model tells of one
image, so that a pipeline of models that are small enough each may still be too large.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import ConfigDict

from framemesh.core.documents.document import InvalidDocument, Problem
from framemesh.core.graph.plan import compile_plan
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec

MAX_TILES = 1024
"""Of one image: 64 megapixels in tiles of 320 pixels."""

MAX_MERGED = 2000
"""Boxes of a frame that are kept of all its tiles, the best first."""

OTHER_BYTES = 4096
"""Of an outcome beside its detections: names, times, reasons, and the headers of its message."""

STAGE_BYTES = 160
"""Of the name of a stage and of its model, each of 64 letters at most, with its version."""


@dataclass(frozen=True, slots=True)
class ResultBound:
    """The most that a model tells of one image, known from its outputs and its manifest."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    detections: int
    detection_bytes: int
    """Of each of them, as a part of an outcome."""
    boxes: bool = True
    """Whether they have a place, by which what several tiles tell of one thing is merged."""

    @property
    def bytes(self) -> int:
        """Of all of them."""
        return self.detections * self.detection_bytes


@dataclass(frozen=True, slots=True)
class _StageShare:
    """What one stage puts into an outcome, at most."""

    stage: StageSpec
    images: int
    detections: int
    bytes: int

    def __str__(self) -> str:
        return (
            f"{self.bytes:,} of stage {self.stage.name!r}, with {self.detections:,} detections in "
            f"{self.images:,} {_images(self.stage)}"
        )


def check_results(spec: PipelineSpec, bounds: Mapping[str, ResultBound], max_bytes: int) -> None:
    """Check that whatever the models find in a frame fits into its outcome.

    Args:
        bounds: by the name of the stage.
        max_bytes: what the broker takes as one message.

    Raises:
        InvalidDocument: it may not; with the figures, and the field of the largest share.
    """
    shares: dict[str, _StageShare] = {}
    for node in compile_plan(spec).nodes:
        stage = node.stage
        crops = sum(shares[name].detections for name in stage.for_each) if stage.for_each else 1
        shares[stage.name] = _share(stage, bounds[stage.name], crops)
    total = OTHER_BYTES + sum(STAGE_BYTES + share.bytes for share in shares.values())
    if total <= max_bytes:
        return
    largest = max(shares.values(), key=lambda share: share.bytes)
    what = (
        f"an outcome may take {total:,} bytes, and the broker takes {max_bytes:,}: {largest}. "
        f"Lower decoder.max_detections of {_models(largest.stage, spec)}"
    )
    path = ("stages", spec.stages.index(largest.stage), "model")
    raise InvalidDocument("pipeline", (Problem(path, what),))


def _share(stage: StageSpec, bound: ResultBound, crops: int) -> _StageShare:
    images = crops
    if stage.tiles:
        images = MAX_TILES + int(stage.tiles.whole)
    detections = images * bound.detections
    if stage.tiles and bound.boxes:
        detections = min(detections, MAX_MERGED)
    return _StageShare(stage, images, detections, detections * bound.detection_bytes)


def _images(stage: StageSpec) -> str:
    if stage.tiles:
        return "tiles"
    return f"crops of {' and '.join(map(repr, stage.for_each))}" if stage.for_each else "image"


def _models(stage: StageSpec, spec: PipelineSpec) -> str:
    """The models whose `max_detections` multiply or add up."""
    by_name = {each.name: each for each in spec.stages}
    names = [stage.name]
    for name in names:
        names += (each for each in by_name[name].for_each if each not in names)
    found = dict.fromkeys(by_name[name].model for name in names)
    return " or ".join(f"model {model!r}" for model in found)
