"""Who looks at which cameras; pictures are made of no others."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from framemesh.core.clock import Clock
from framemesh.core.errors import Code, FramemeshError
from framemesh.monitor.dashboard.kept_running import kept_running
from framemesh.monitor.dashboard.pictures.camera_pictures import CameraPictures
from framemesh.monitor.dashboard.pictures.kept import KeptPictures
from framemesh.monitor.dashboard.pictures.picture import CameraKey, Picture
from framemesh.monitor.dashboard.pictures.turns import Turns
from framemesh.monitor.dashboard.pictures.waiting_room import WaitingRoom
from framemesh.monitor.dashboard.pictures.workshop import Workshop
from framemesh.runtime.concurrency.task_group import TaskGroup
from framemesh.runtime.jetstream.connection.broker import Broker

MAX_CAMERAS = 512
"""That are looked at by all browsers together: each has its turn after 20 s at the latest."""

WIDTHS = (160, 320, 480, 640, 960, 1280, 1920)
"""Of pictures, in pixels: browsers that want nearly the same share one."""


class TooManyCameras(FramemeshError):
    """More cameras are looked at than pictures can be made of."""

    code = Code.EXHAUSTED


@dataclass(eq=False, slots=True)
class View:
    """What one browser looks at."""

    show: Callable[[Picture], None]
    cameras: frozenset[CameraKey] = frozenset()
    width: int = 0


@dataclass(slots=True)
class _Shared:
    """What all who look at a camera share."""

    task: asyncio.Task[None]
    views: set[View] = field(default_factory=set)


class Wall:
    """One set of pictures for all browsers."""

    def __init__(
        self,
        broker: Broker,
        kept: KeptPictures,
        clock: Clock,
        *,
        workshop: Workshop,
        tasks: TaskGroup,
    ) -> None:
        """`tasks`: where pictures are taken."""
        self._broker = broker
        self._kept = kept
        self._clock = clock
        self._workshop = workshop
        self._tasks = tasks
        self._turns = Turns(lambda: workshop.pace.pause_seconds)
        self._waiting = WaitingRoom()
        self._cameras: dict[CameraKey, _Shared] = {}
        self._giving = tasks.create_task(kept_running("turns", self._turns.run))

    def close(self) -> None:
        """Take no more pictures."""
        self._giving.cancel()
        for shared in self._cameras.values():
            shared.task.cancel()

    @contextmanager
    def view(self, show: Callable[[Picture], None]) -> Iterator[View]:
        """One who looks at nothing yet: see `change`."""
        view = View(show)
        try:
            yield view
        finally:
            self.change(view, (), 0)

    def change(self, view: View, cameras: Iterable[CameraKey], width: int) -> None:
        """Let `view` look at these cameras and at no others.

        Raises:
            TooManyCameras: it looks at what it looked at before.
        """
        wanted = frozenset(cameras)
        leaving = [c for c in view.cameras - wanted if self._cameras[c].views == {view}]
        if len(self._cameras.keys() | wanted) - len(leaving) > MAX_CAMERAS:
            raise TooManyCameras(
                f"{MAX_CAMERAS} cameras are looked at already: close a page, or choose fewer"
            )
        view.width = width
        for camera in wanted - view.cameras:
            self._begin(camera).views.add(view)
        for camera in view.cameras - wanted:
            self._cameras[camera].views.discard(view)
            if not self._cameras[camera].views:
                self._cameras.pop(camera).task.cancel()
        view.cameras = wanted

    def _begin(self, camera: CameraKey) -> _Shared:
        if camera not in self._cameras:
            pictures = CameraPictures(
                self._broker,
                camera,
                turns=self._turns,
                workshop=self._workshop,
                waiting=self._waiting,
                clock=self._clock,
                width=lambda: self._width(camera),
                show=self._show,
            )
            self._cameras[camera] = _Shared(self._run("/".join(camera), pictures.run))
        return self._cameras[camera]

    def _run(self, part: str, work: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
        return self._tasks.create_task(kept_running(part, work))

    def _width(self, camera: CameraKey) -> int:
        """The largest that somebody wants of it."""
        shared = self._cameras.get(camera)
        return picture_width([view.width for view in shared.views] if shared else [])

    def _show(self, picture: Picture) -> None:
        self._kept.add(picture)
        if picture.camera in self._cameras:
            for view in self._cameras[picture.camera].views:
                view.show(picture)


def picture_width(wanted: Sequence[int]) -> int:
    """The smallest of WIDTHS that is enough for all."""
    most = max(wanted, default=0)
    return next((width for width in WIDTHS if width >= most), WIDTHS[-1])
