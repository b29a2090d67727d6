"""The pictures that were shown lately, to step back through."""

from collections import deque

from framemesh.core.clock import Clock
from framemesh.core.frame import FrameId
from framemesh.monitor.dashboard.pictures.picture import CameraKey, Picture

MAX_BYTES = 64 * 1024 * 1024
"""Of all cameras: some 1,500 pictures of 40 KB."""

MAX_SECONDS = 600.0
"""After which one is forgotten, whoever looks or not."""


class KeptPictures:
    """Whatever comes is kept, and the oldest is forgotten, of whichever camera it is."""

    def __init__(self, clock: Clock, max_bytes: int = MAX_BYTES) -> None:
        self._clock = clock
        self._max_bytes = max_bytes
        self._order: deque[tuple[float, Picture]] = deque()
        self._by_camera: dict[CameraKey, dict[FrameId, Picture]] = {}
        self._bytes = 0

    def add(self, picture: Picture) -> None:
        self._by_camera.setdefault(picture.camera, {})[picture.frame] = picture
        self._order.append((self._clock.monotonic(), picture))
        self._bytes += len(picture.message)
        self.forget_old()

    def of(self, camera: CameraKey) -> list[Picture]:
        """Those of a camera, the oldest first."""
        self.forget_old()
        return list(self._by_camera.get(camera, {}).values())

    def get(self, pipeline: str, frame: FrameId) -> Picture | None:
        return self._by_camera.get(CameraKey(pipeline, frame.camera), {}).get(frame)

    def forget_old(self) -> None:
        """Forget what is too much or too old; called now and then where nothing is added."""
        oldest = self._clock.monotonic() - MAX_SECONDS
        while self._order and (self._bytes > self._max_bytes or self._order[0][0] < oldest):
            _, picture = self._order.popleft()
            self._bytes -= len(picture.message)
            of_camera = self._by_camera.get(picture.camera, {})
            if of_camera.get(picture.frame) is picture:
                del of_camera[picture.frame]
            if not of_camera:
                self._by_camera.pop(picture.camera, None)
