"""The stages of a pipeline, one after the other."""

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass

from framemesh.core.outcome import Detection
from framemesh.runtime.concurrency.window import Window
from framemesh.worker.engine.stage import Stage
from framemesh.worker.frame_context import waiting_for_others
from framemesh.worker.vision.image import FrameImage

LARGE_PICTURE_BYTES = 96 * 1024 * 1024
"""Decoded: 32 megapixels. Such a one takes seconds to decode, so there is one at a time."""


@dataclass(frozen=True, slots=True)
class InferenceResult:
    """What a pipeline saw in one frame."""

    width: int
    height: int
    """Of the decoded picture, in pixels."""
    detections: tuple[Detection, ...]
    """In the order of the stages; a detection stands after its parent."""
    tensor_bytes: int = 0
    """Of the inputs that the models got."""


class Graph:
    """The stages of a pipeline, run on one frame at a time by many callers at once.

    The callers bound how many frames are under way.
    """

    def __init__(self, stages: Sequence[Stage], pictures: Window) -> None:
        """`pictures` bounds the decoded pictures that are in memory at once."""
        self._stages = stages
        self._pictures = pictures
        # Several at once would take all of that, and the frames of other cameras would wait.
        self._large = asyncio.Semaphore(1)

    @property
    def dispatch_latency_seconds(self) -> float:
        """How long it lately took from the beginning of a run until a model was asked."""
        return self._stages[0].dispatch_latency_seconds

    async def run(
        self, image: bytes, crc32: int | None = None, deadline: float = math.inf
    ) -> InferenceResult:
        """Decode a frame and look at it.

        Args:
            crc32: of the image as its camera made it; None: not known.
            deadline: by the event loop's time; if it was not sent to a model by then, it is not.

        Raises:
            Undecodable, Corrupt: it is no picture, or not the one that was sent; it never will be.
            TooSlowToDecode: decoding it takes longer than a frame may.
            TooOld: it was not looked at in time.
            InferenceFailed: a model refused what was made of it.
            TritonUnavailable: try the same frame again later.
        """
        picture = FrameImage(image, crc32)
        if picture.decoded_bytes < LARGE_PICTURE_BYTES:
            return await self._run(picture, deadline)
        with waiting_for_others():
            await self._large.acquire()
        try:
            return await self._run(picture, deadline)
        finally:
            self._large.release()

    async def _run(self, picture: FrameImage, deadline: float) -> InferenceResult:
        size = picture.decoded_bytes
        with waiting_for_others():
            await self._pictures.acquire(size)
        try:
            seen: list[Detection] = []
            tensor_bytes = 0
            for stage in self._stages:
                last = stage is self._stages[-1]
                found, rows = await stage.look(picture, seen, deadline, last=last)
                seen += found
                tensor_bytes += rows * stage.row_bytes
                # Once a model has looked at it, it is looked at to the end.
                deadline = math.inf
            return InferenceResult(picture.width, picture.height, tuple(seen), tensor_bytes)
        finally:
            self._pictures.release(size)
