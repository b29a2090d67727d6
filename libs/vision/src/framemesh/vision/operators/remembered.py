"""States of operators by camera, kept so that a frame that is worked on again gives the same."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from framemesh.core.frame import FrameId

MAX_CAMERAS = 1000
"""Of one worker. States of others end, those that were used longest ago first."""

MAX_BYTES = 64 * 1024**2
"""Of the states of one operator: of 1,000 cameras with 60 things each before and after a frame,
about a third."""

LEFT_SESSIONS = 8
"""Of a camera: a frame of one that it has left is late, one of any other begins a session."""


class State(Protocol):
    """What an operator knows of one camera; it does not change."""

    @property
    def nbytes(self) -> int:
        """Memory that it takes, roughly."""
        ...


S = TypeVar("S", bound=State)
A = TypeVar("A")

Work = Callable[[S, bool], tuple[S, A]]
"""From the state before a frame to the one after it, and the answer; both depend on the state and
the frame alone. The flag says that the frame is late: a newer one was answered from the same state,
and what comes after it is not kept."""


@dataclass(frozen=True, slots=True)
class _Newest(Generic[S]):
    """Of one camera: its newest frame, and the states around it."""

    frame: FrameId
    before: S
    after: S
    left: tuple[str, ...]
    """Sessions that came before that of the frame, the last one last."""

    @property
    def nbytes(self) -> int:
        return self.before.nbytes + self.after.nbytes

    def is_older(self, frame: FrameId) -> bool:
        if frame.session == self.frame.session:
            return frame.sequence < self.frame.sequence
        return frame.session in self.left

    def followed_by(self, frame: FrameId, after: S) -> "_Newest[S]":
        left = self.left
        if frame.session != self.frame.session:
            left = (*left, self.frame.session)[-LEFT_SESSIONS:]
        return _Newest(frame, self.after, after, left)


class Remembered(Generic[S]):
    """The states of one operator, by camera: as many as there is room for.

    Of each camera there is one frame in work at a time. Not for several threads.
    """

    def __init__(
        self, first: S, max_cameras: int = MAX_CAMERAS, max_bytes: int = MAX_BYTES
    ) -> None:
        """`first`: the state before the first frame of a camera."""
        self._first = first
        self._max_cameras = max_cameras
        self._max_bytes = max_bytes
        self._newest: OrderedDict[str, _Newest[S]] = OrderedDict()
        """By camera, the one used last at the end."""
        self._bytes = 0

    @property
    def cameras(self) -> int:
        return len(self._newest)

    @property
    def nbytes(self) -> int:
        """Memory of all states, roughly."""
        return self._bytes

    def answer(self, frame: FrameId, work: Work[S, A]) -> A:
        """The answer of `work` for a frame, from the state of its camera before that frame.

        The newest frame of a camera gives the same however often it comes. One that is older is
        answered from the state before the newest one, and changes nothing. If `work` raises
        nothing changes either.
        """
        newest = self._newest.get(frame.camera)
        if newest is None:
            after, answer = work(self._first, False)
            self._keep(_Newest(frame, self._first, after, ()))
        elif newest.frame == frame or newest.is_older(frame):
            _, answer = work(newest.before, newest.frame != frame)
            self._newest.move_to_end(frame.camera)
        else:
            after, answer = work(newest.after, False)
            self._keep(newest.followed_by(frame, after))
        return answer

    def forget(self, camera: str) -> None:
        """Its next frame is its first one."""
        newest = self._newest.pop(camera, None)
        if newest is not None:
            self._bytes -= newest.nbytes

    def _keep(self, newest: _Newest[S]) -> None:
        self.forget(newest.frame.camera)
        self._newest[newest.frame.camera] = newest
        self._bytes += newest.nbytes
        while len(self._newest) > self._max_cameras or self._bytes > self._max_bytes:
            self.forget(next(iter(self._newest)))
