"""Videos of cameras with the detections drawn on them."""

from collections import OrderedDict
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from framemesh.core.clock import NANO, Clock
from framemesh.core.sinks.spec import SinkSpec
from framemesh.runtime.logs import get_logger
from framemesh.runtime.messages.detection_message import detections_from_proto
from framemesh.sink.files.folder import PART, Folder
from framemesh.sink.files.own_thread import OwnThread
from framemesh.sink.files.picture import Pixels, decoded, fitted
from framemesh.sink.files.segment import GROWING, Segment
from framemesh.sink.files.stamps import stamp
from framemesh.sink.intake.pictures import Pictures
from framemesh.sink.intake.result import Result
from framemesh.sink.writers.writer import FlushPolicy
from framemesh.vision.drawing.grids import GridUnreadable
from framemesh.vision.drawing.picture import draw

log = get_logger()

END = ".mp4"
FILE_SECONDS = 60.0
FILE_RESULTS = 4096
FILE_BYTES = 32 * 1024 * 1024
"""Of results, which are kept until their videos are complete."""

LONGEST_SIDE = 640
"""In pixels. The encoder needs 10 ms of a CPU for a picture of this size."""

FRAMES_PER_SECOND = 10.0
MAX_SEGMENTS = 16
"""That grow at once: an encoder has some 20 MB. Where more cameras come, the one that had a picture
longest ago is ended first."""


class Mp4Writer:
    """A video of each camera at a time; all are completed together."""

    refused = 0

    def __init__(self, spec: SinkSpec, clock: Clock, pictures: Pictures) -> None:
        options = spec.options
        self.policy = FlushPolicy(FILE_RESULTS, FILE_BYTES, options.file_seconds or FILE_SECONDS)
        self.missing = 0
        """Results whose picture was gone."""
        self._name = spec.name
        self._clock = clock
        self._pictures = pictures
        self._rate = options.frames_per_second or FRAMES_PER_SECOND
        self._folder = Folder(Path(spec.target), spec.name)
        self._thread = OwnThread(f"sink {spec.name}")
        self._growing: OrderedDict[str, Segment] = OrderedDict()
        """By the camera; the one that had a picture last is at the end."""
        self._finished: list[Segment] = []

    async def open(self) -> None:
        await self._thread.run(self._open)

    async def write(self, results: Sequence[Result]) -> None:
        for result in results:
            image = await self._pictures.of(result.outcome)
            if image is None or not await self._thread.run(partial(self._add, result, image)):
                self.missing += 1

    async def flush(self) -> None:
        await self._thread.run(self._complete)

    async def abandon(self) -> None:
        await self._thread.run(self._discard)

    async def rest(self) -> None:
        """Nothing is kept while nothing comes."""

    async def close(self) -> None:
        await self._thread.run(self._discard)
        await self._thread.run(self._folder.close)
        self._thread.close()

    def _open(self) -> None:
        self._folder.open()
        growing = self._folder.path.glob(f".{self._name}-*{PART}{GROWING}")
        for part in [*self._folder.parts(END), *growing]:
            # Its results were not acknowledged, and come again.
            part.unlink(missing_ok=True)

    def _add(self, result: Result, image: bytes) -> bool:
        picture = decoded(image)
        if picture is None:
            return False
        drawn = fitted(_annotated(picture, result), LONGEST_SIDE)
        self._segment(result.outcome.frame.camera, drawn).add(drawn)
        return True

    def _segment(self, camera: str, picture: Pixels) -> Segment:
        size = (picture.shape[1], picture.shape[0])
        segment = self._growing.get(camera)
        if segment is not None and segment.size != size:
            self._finish(camera)
            segment = None
        if segment is None:
            if len(self._growing) >= MAX_SEGMENTS:
                self._finish(next(iter(self._growing)))
            now = stamp(self._clock.unix_nano() / NANO)
            segment = Segment(self._folder.new(now, f"-{camera}{END}"), size, self._rate)
            self._growing[camera] = segment
        self._growing.move_to_end(camera)
        return segment

    def _finish(self, camera: str) -> None:
        segment = self._growing.pop(camera)
        self._finished.append(segment)
        segment.finish()

    def _complete(self) -> None:
        for camera in list(self._growing):
            self._finish(camera)
        while self._finished:
            self._folder.complete(self._finished[0].part)
            self._finished.pop(0)

    def _discard(self) -> None:
        for segment in (*self._growing.values(), *self._finished):
            segment.discard()
        self._growing.clear()
        self._finished.clear()


def _annotated(picture: Pixels, result: Result) -> Pixels:
    """As it is, where what was detected cannot be read: the video goes on."""
    try:
        return draw(picture, detections_from_proto(result.outcome))
    except (GridUnreadable, KeyError) as error:
        frame = result.outcome.frame
        log.warning("detections cannot be drawn", camera=frame.camera, why=str(error))
        return picture
