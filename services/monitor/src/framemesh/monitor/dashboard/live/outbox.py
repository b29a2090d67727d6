"""What one browser is to get next: what is newer takes the place of what is older."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable

from framemesh.monitor.dashboard.messages.live import ErrorMessage
from framemesh.monitor.dashboard.pictures.picture import CameraKey, Picture

MAX_ERRORS = 8
"""That wait to be sent; of more the oldest go."""

Source = Callable[[], "str | None"]
"""A text to send now; None: there is nothing new."""


class Outbox:
    """At most one text of each source, and one picture of each camera that is looked at."""

    def __init__(self) -> None:
        self._errors: deque[str] = deque(maxlen=MAX_ERRORS)
        self._sources: list[Source] = []
        self._pictures: dict[CameraKey, Picture] = {}
        self._changed = asyncio.Event()

    def changed(self) -> None:
        """A source may have something."""
        self._changed.set()

    def set_sources(self, sources: Iterable[Source]) -> None:
        self._sources = list(sources)
        self._changed.set()

    def fail(self, why: str) -> None:
        self._errors.append(ErrorMessage(error=why).model_dump_json())
        self._changed.set()

    def put_picture(self, picture: Picture) -> None:
        """In place of an older one of its camera, which keeps its turn."""
        self._pictures[picture.camera] = picture
        self._changed.set()

    def keep_only(self, cameras: Iterable[CameraKey]) -> None:
        """Forget the pictures of all other cameras."""
        for camera in self._pictures.keys() - set(cameras):
            del self._pictures[camera]

    async def next(self) -> str | bytes:
        """The next message, as soon as there is one."""
        while True:
            self._changed.clear()
            if self._errors:
                return self._errors.popleft()
            for source in self._sources:
                if (text := source()) is not None:
                    return text
            if self._pictures:
                return self._pictures.pop(next(iter(self._pictures))).message
            await self._changed.wait()
