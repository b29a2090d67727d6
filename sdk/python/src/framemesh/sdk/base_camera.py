"""What `Camera` and `AsyncCamera` share: their arguments, ids, and how an error is passed on."""

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Generic, Protocol, TypeVar

from framemesh.sdk import unclosed
from framemesh.sdk.errors import CameraForked, FramemeshSdkError
from framemesh.sdk.session.core import CameraCore
from framemesh.sdk.session.hint import Hint
from framemesh.sdk.session.options import CameraOptions, Target


class Starts(Protocol):
    def start(self) -> bool:
        """Connect, if that did not begin yet; whether it begins now."""
        ...


Driver = TypeVar("Driver", bound=Starts)


class BaseCamera(ABC, Generic[Driver]):
    """One named source of frames in one pipeline."""

    def __init__(
        self,
        address: str | Sequence[str],
        *,
        pipeline: str,
        name: str,
        options: CameraOptions | None = None,
    ) -> None:
        """Nothing is connected until the first frame is sent.

        Args:
            address: host:port of ingest; several in a sequence, or with commas between them. They
                are of one mesh: where one does not answer the next is tried, round and round.
            pipeline: The pipeline that the frames are for.
            name: Name of this camera, unique in the pipeline: letters, digits, "-" and "_".
            options: How it sends; None: with the defaults.

        Raises:
            InvalidArgument: an address, a name or an option cannot be.
        """
        target = Target.of(address, pipeline, name)
        self._core = CameraCore(target, options or CameraOptions())
        self._process = os.getpid()
        self._driver = self._make_driver(self._core)

    @property
    def session(self) -> str:
        """The session of this camera's frames: each is known by camera, session and number. Empty
        until a spool on disk, which has it, is open."""
        return self._core.session_id

    def _start(self) -> None:
        """Connect, and open the spool, if that did not begin yet."""
        if self._driver.start():
            unclosed.began(self._core)

    @property
    def hint(self) -> Hint:
        """What ingest asks of this camera just now: how many frames a second, and what quality."""
        return self._core.hint

    @abstractmethod
    def _make_driver(self, core: CameraCore) -> Driver: ...

    @property
    def _is_forked(self) -> bool:
        """Whether this is another process than the one that made the camera. Its session, its
        thread and its connection are there, and its lock may be held here for ever."""
        return os.getpid() != self._process

    def _check_process(self) -> None:
        """
        Raises:
            CameraForked: the camera is not of this process.
        """
        if self._is_forked:
            raise CameraForked(
                f"camera {self._core.target.camera!r} belongs to process {self._process}, which "
                "forked this one: make a camera in each process that sends, under a name of its own"
            )


@contextmanager
def noted_on(error: BaseException | None) -> Iterator[None]:
    """An error of the SDK in the body becomes a note of `error`, if there is one to mask."""
    try:
        yield
    except FramemeshSdkError as another:
        if error is None:
            raise
        if another is not error:
            error.add_note(str(another))
