"""The stages of a pipeline, one after the other."""

from collections.abc import Sequence
from dataclasses import dataclass

from framemesh.core.outcome import Detection
from framemesh.runtime.window import Window
from framemesh.worker.picture import Picture
from framemesh.worker.stage import Stage


@dataclass(frozen=True, slots=True)
class Seen:
    """What a pipeline saw in one frame."""

    width: int
    height: int
    """Of the decoded picture, in pixels."""
    detections: tuple[Detection, ...]
    """In the order of the stages; a detection stands after its parent."""


class Graph:
    """The stages of a pipeline, run on one frame at a time by many callers at once.

    The callers bound how many frames are under way.
    """

    def __init__(self, stages: Sequence[Stage], pictures: Window) -> None:
        """`pictures` bounds the decoded pictures that are in memory at once."""
        self._stages = stages
        self._pictures = pictures

    async def run(self, image: bytes) -> Seen:
        """Decode a frame and look at it.

        Raises:
            Undecodable: it is no picture; it never will be.
            InferenceFailed: a model refused what was made of it.
            TritonUnavailable: try the same frame again later.
        """
        picture = Picture(image)
        async with self._pictures.held(picture.decoded_bytes):
            seen: list[Detection] = []
            for stage in self._stages:
                seen += await stage.look(picture, seen)
            height, width = picture.pixels.shape[:2]
            return Seen(width, height, tuple(seen))
