"""The part of the picture under each detection, as JPEG files in a folder for each label."""

import os
import re
from collections import deque
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import cv2

from framemesh.core.clock import Clock
from framemesh.core.detection import Box, Detection
from framemesh.core.sinks.spec import SinkSpec
from framemesh.runtime.messages.detection_message import detections_from_proto
from framemesh.sink.errors import file_trouble
from framemesh.sink.files.folder import Folder
from framemesh.sink.files.own_thread import OwnThread
from framemesh.sink.files.picture import Pixels, decoded
from framemesh.sink.intake.pictures import Pictures
from framemesh.sink.intake.result import Result
from framemesh.sink.writers.writer import FlushPolicy

FOLDER_BYTES = 1024**3
MAX_FILES = 200_000
"""A folder with more is slow to read."""

QUALITY = 90
POLICY = FlushPolicy(results=64, bytes=4 * 1024 * 1024, seconds=0)

_UNUSABLE = re.compile(r"[^A-Za-z0-9_-]+")


class CropsWriter:
    """One file a detection, named after its frame: a result that comes again writes the same. The
    oldest files go where the folder has too many bytes."""

    policy = POLICY
    refused = 0

    def __init__(self, spec: SinkSpec, clock: Clock, pictures: Pictures) -> None:
        self.missing = 0
        """Results whose picture was gone."""
        self._labels = frozenset(spec.labels)
        self._pictures = pictures
        self._most_bytes = spec.options.folder_bytes or FOLDER_BYTES
        self._folder = Folder(Path(spec.target), spec.name)
        self._thread = OwnThread(f"sink {spec.name}")
        self._files: deque[tuple[Path, int]] = deque()
        """With their bytes, the oldest first."""
        self._bytes = 0
        self._unsynced: list[Path] = []

    async def open(self) -> None:
        await self._thread.run(self._open)

    async def write(self, results: Sequence[Result]) -> None:
        for result in results:
            image = await self._pictures.of(result.outcome)
            if image is None or not await self._thread.run(partial(self._cut, result, image)):
                self.missing += 1

    async def flush(self) -> None:
        await self._thread.run(self._sync)

    async def abandon(self) -> None:
        self._unsynced.clear()

    async def rest(self) -> None:
        """Nothing is kept while nothing comes."""

    async def close(self) -> None:
        await self._thread.run(self._folder.close)
        self._thread.close()

    def _open(self) -> None:
        self._folder.open()
        found = [(path, path.stat()) for path in self._folder.path.glob("*/*.jpg")]
        found.sort(key=lambda each: each[1].st_mtime_ns)
        self._files = deque((path, status.st_size) for path, status in found)
        self._bytes = sum(size for _, size in self._files)

    def _cut(self, result: Result, image: bytes) -> bool:
        picture = decoded(image)
        if picture is None:
            return False
        frame = result.outcome.frame
        for number, detection in self._wanted(result):
            crop = _crop(picture, detection.box)
            if crop is not None:
                name = f"{frame.camera}-{frame.session}-{frame.sequence:08d}-{number}.jpg"
                self._write(_folder_name(detection.label), name, crop)
        self._make_room()
        return True

    def _wanted(self, result: Result) -> Iterator[tuple[int, Detection]]:
        for number, detection in enumerate(detections_from_proto(result.outcome)):
            if detection.box and (not self._labels or detection.label in self._labels):
                yield number, detection

    def _write(self, label: str, name: str, crop: Pixels) -> None:
        done, encoded = cv2.imencode(".jpg", crop, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        if not done:
            return
        path = self._folder.path / label / name
        part = path.with_name(f".{name}.part")
        try:
            path.parent.mkdir(exist_ok=True)
            with part.open("wb") as file:
                file.write(encoded.tobytes())
                file.flush()
                os.fsync(file.fileno())
            known = path.exists()
            part.rename(path)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise file_trouble(error, str(path)) from error
        self._unsynced.append(path.parent)
        if not known:
            self._files.append((path, len(encoded)))
            self._bytes += len(encoded)

    def _make_room(self) -> None:
        while self._files and (self._bytes > self._most_bytes or len(self._files) > MAX_FILES):
            path, size = self._files.popleft()
            path.unlink(missing_ok=True)
            self._bytes -= size

    def _sync(self) -> None:
        for folder in {*self._unsynced, self._folder.path}:
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        self._unsynced.clear()


def _crop(picture: Pixels, box: Box | None) -> Pixels | None:
    """The pixels under a box; None: there are none."""
    if box is None:
        return None
    height, width = picture.shape[:2]
    left, right = (min(width, max(0, round(x * width))) for x in (box.left, box.right))
    top, bottom = (min(height, max(0, round(y * height))) for y in (box.top, box.bottom))
    found = picture[top:bottom, left:right]
    return found if found.size else None


def _folder_name(label: str) -> str:
    """A label as the name of a folder."""
    return _UNUSABLE.sub("_", label)[:64] or "_"
