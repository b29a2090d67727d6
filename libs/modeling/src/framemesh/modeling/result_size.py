"""How large the result of one image can be, told before the model runs.

An outcome is one message. One that is too large would be refused frame by frame, long after the
model was added.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from framemesh.core.pipeline.results import ResultBound
from framemesh.modeling.errors import misfit
from framemesh.modeling.manifest import ModelManifest

MAX_RESULT_BYTES = 1024**2 - 4096
"""Of the detections of one image: with the rest of its outcome under 1 MiB, an eighth of what the
broker takes, so that a few stages fit into one outcome."""

MAX_RASTER_SIDE = 256
"""Cells in a row or a column of a raster, each of one byte."""

MAX_MASK_RUNS = 1024
"""Of one mask; a finer one is made coarser."""

DETECTION_BYTES = 128
"""Class, score, box, parent, and the name of a stage of 64 characters, without the label."""
CORNER_BYTES = 12
KEYPOINT_BYTES = 19
RUN_BYTES = 2
"""Of up to 16,383 cells; of a grid of a million, 60 can be longer at most, by one byte."""
NUMBER_BYTES = 4
AREA_BYTES = 16
"""Of one class of a raster, without its label."""
FRAMING_BYTES = 64
"""Of a mask, a raster, a text or an embedding: its size, its scale, its lengths."""


@dataclass(frozen=True, slots=True)
class DetailSize:
    """What one detection carries at most, beside its class and its box."""

    corners: int = 0
    keypoints: int = 0
    mask: bool = False
    raster: bool = False
    letters: int = 0
    """Of a text; each is one of the labels."""
    numbers: int = 0
    """Of an embedding."""
    single: bool = False
    """Whether an image has one detection at most, whatever `max_detections` says."""
    once_a_class: bool = False
    """Whether each class is told at most once."""

    def __str__(self) -> str:
        parts = [
            f"{count:,} {name}"
            for count, name in (
                (self.corners, "corners"),
                (self.keypoints, "keypoints"),
                (int(self.mask), "mask"),
                (int(self.raster), "raster"),
                (self.letters, "letters"),
                (self.numbers, "numbers of an embedding"),
            )
            if count
        ]
        return " and ".join(parts) or "its class and box"

    def bytes(self, labels: Sequence[str]) -> int:
        """Of one detection in an outcome, at most."""
        lengths = [len(label.encode()) for label in labels]
        longest = max(lengths, default=0)
        size = DETECTION_BYTES + longest
        size += self.corners * CORNER_BYTES + self.keypoints * KEYPOINT_BYTES
        size += self.letters * longest + self.numbers * NUMBER_BYTES
        if self.mask:
            size += MAX_MASK_RUNS * RUN_BYTES
        if self.raster:
            # Compression makes what cannot be compressed larger by a few bytes.
            size += MAX_RASTER_SIDE**2 + sum(lengths) + len(labels) * AREA_BYTES
        return size + FRAMING_BYTES


NO_DETAIL = DetailSize()


def check_result_size(
    manifest: ModelManifest, detail: DetailSize, *, boxes: bool = True
) -> ResultBound:
    """What a model tells of one image, at most.

    Args:
        boxes: whether its decoder tells places. A raster has that of its tile.

    Raises:
        ModelInvalid: an image may have more detections than an outcome holds; with how many bytes.
    """
    each = detail.bytes(manifest.labels)
    most = MAX_RESULT_BYTES // each
    wanted = 1 if detail.single else manifest.decoder.max_detections
    if detail.once_a_class:
        wanted = min(wanted, len(manifest.labels))
    if wanted <= most:
        return ResultBound(wanted, each, boxes or detail.raster)
    if not most:
        raise misfit(
            manifest,
            f"a detection takes up to {each:,} bytes ({detail}), over the {MAX_RESULT_BYTES:,} of "
            "a result: export the model with fewer",
        )
    raise misfit(
        manifest,
        f"decoder.max_detections: {wanted} detections of up to {each:,} bytes each ({detail}) are "
        f"over the {MAX_RESULT_BYTES:,} of a result: set it to {most} or less",
    )
