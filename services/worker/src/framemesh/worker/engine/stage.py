"""One stage of a pipeline: a model, and what it sees in a picture or in parts of it."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from framemesh.core.outcome import Box, Detection
from framemesh.core.pipeline.spec import StageSpec
from framemesh.worker.engine.batching import Batcher
from framemesh.worker.engine.decode_threads import DecodeThreads
from framemesh.worker.triton.tensor_arena import Input
from framemesh.worker.vision.decoders.decoder import Decoder, Outputs, RawDetection
from framemesh.worker.vision.image import FrameImage, Pixels
from framemesh.worker.vision.preprocess import Preprocessor

MIN_CROP_PIXELS = 2
"""A side of a crop; in less there is nothing to see."""


@dataclass(frozen=True, slots=True)
class Crop:
    """A part of a picture, and the detection that it was cut out for."""

    left: int
    top: int
    right: int
    bottom: int
    """In pixels, right and bottom not included."""
    outer: Box
    """The same in fractions of the picture."""
    parent: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top


class Stage:
    """Looks at one picture at a time, for any number of callers at once."""

    def __init__(
        self,
        spec: StageSpec,
        labels: Sequence[str],
        preprocessor: Preprocessor,
        decoder: Decoder,
        batcher: Batcher,
        *,
        max_batch: int,
        inputs: Sequence[Input],
        threads: DecodeThreads,
    ) -> None:
        """`inputs` are the rows that `batcher` lends, to be written to."""
        self.spec = spec
        self._labels = labels
        self._preprocessor = preprocessor
        self._decoder = decoder
        self._batcher = batcher
        self._max_batch = max_batch
        self._inputs = inputs
        self._threads = threads

    @property
    def row_bytes(self) -> int:
        """Of one input of the model."""
        return self._inputs[0].nbytes

    @property
    def dispatch_latency_seconds(self) -> float:
        """How long it lately took from the beginning of a look until the model was asked."""
        return self._batcher.dispatch_latency_seconds

    async def look(
        self,
        picture: FrameImage,
        seen: Sequence[Detection],
        deadline: float = math.inf,
        *,
        last: bool,
    ) -> tuple[list[Detection], int]:
        """What the model sees in the whole picture or in the crops of an earlier stage's boxes, and
        how many pictures it was given for that.

        Args:
            seen: all detections of this frame so far.
            deadline: by the event loop's time; a whole picture is sent before or not at all.
            last: nobody needs the pixels after this stage.

        Raises:
            Undecodable, TooOld, InferenceFailed, TritonUnavailable: as `Graph.run`.
        """
        if not self.spec.crops_of:
            return await self._look_at(picture, (None,), deadline, last=last), 1
        crops = list(self._crops(picture, seen))
        found: list[Detection] = []
        for at in range(0, len(crops), self._max_batch):
            end = at + self._max_batch
            found += await self._look_at(picture, crops[at:end], last=last and end >= len(crops))
        return found, len(crops)

    async def _look_at(
        self,
        picture: FrameImage,
        parts: Sequence[Crop | None],
        deadline: float = math.inf,
        *,
        last: bool,
    ) -> list[Detection]:
        rows = await self._batcher.reserve(len(parts))
        try:
            await self._threads.run(
                lambda: picture.pixels,
                lambda: self._prepare(picture, parts, rows, last=last),
                picture.decode_cpu_seconds,
            )
            outputs = await self._batcher.run(rows, deadline)
            # Before the rows are released: the outputs lie in them.
            return [
                detection
                for part, output in zip(parts, outputs, strict=True)
                for detection in self._detections(picture, part, output)
            ]
        finally:
            self._batcher.release(rows)

    def _prepare(
        self, picture: FrameImage, parts: Sequence[Crop | None], rows: Sequence[int], *, last: bool
    ) -> None:
        for part, row in zip(parts, rows, strict=True):
            self._preprocessor.write(_cut(picture.pixels, part), self._inputs[row])
        if last:
            # Not when the model has answered: all that waits for it would keep its pixels.
            picture.release_pixels()

    def _detections(
        self, picture: FrameImage, part: Crop | None, outputs: Outputs
    ) -> Iterable[Detection]:
        looked_at = part or picture
        for found in self._decoder.decode(outputs):
            box = None
            if found.box is not None:
                box = self._preprocessor.to_picture(found.box, looked_at.width, looked_at.height)
                if box is None:
                    continue
            yield self._detection(found, box, part)

    def _detection(self, found: RawDetection, box: Box | None, part: Crop | None) -> Detection:
        if part is not None and box is not None:
            box = box.within(part.outer)
        return Detection(
            stage=self.spec.name,
            label=self._labels[found.class_id],
            class_id=found.class_id,
            score=found.score,
            box=box,
            parent=None if part is None else part.parent,
        )

    def _crops(self, picture: FrameImage, seen: Sequence[Detection]) -> Iterable[Crop]:
        width, height = picture.width, picture.height
        for at, detection in enumerate(seen):
            if detection.stage != self.spec.crops_of or detection.box is None:
                continue
            if self.spec.labels and detection.label not in self.spec.labels:
                continue
            crop = crop_of(detection.box, at, width, height)
            if min(crop.right - crop.left, crop.bottom - crop.top) >= MIN_CROP_PIXELS:
                yield crop


def crop_of(box: Box, parent: int, width: int, height: int) -> Crop:
    """The pixels that a box lies on, clipped to a picture of this size."""
    left, right = (min(width, max(0, round(side * width))) for side in (box.left, box.right))
    top, bottom = (min(height, max(0, round(side * height))) for side in (box.top, box.bottom))
    outer = Box(left / width, top / height, right / width, bottom / height)
    return Crop(left, top, right, bottom, outer, parent)


def _cut(pixels: Pixels, part: Crop | None) -> Pixels:
    return pixels if part is None else pixels[part.top : part.bottom, part.left : part.right]
