"""What `Camera` and `AsyncCamera` share: their arguments, ids, and how an error is passed on."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from framemesh.sdk.errors import FramemeshSdkError
from framemesh.sdk.session.core import CameraCore
from framemesh.sdk.session.options import (
    SPOOL_BYTES,
    SPOOL_FRAMES,
    CameraOptions,
    OnFull,
    Target,
)
from framemesh.sdk.session.rejections import FrameRejected

Driver = TypeVar("Driver")


class BaseCamera(ABC, Generic[Driver]):
    """One named source of frames in one pipeline."""

    def __init__(
        self,
        address: str,
        *,
        pipeline: str,
        name: str,
        connect_timeout: float = 10.0,
        send_timeout: float | None = None,
        close_timeout: float = 30.0,
        jpeg_quality: int = 90,
        on_rejected: Callable[[FrameRejected], None] | None = None,
        on_full: OnFull = "block",
        spool_frames: int = SPOOL_FRAMES,
        spool_bytes: int = SPOOL_BYTES,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        """Nothing is connected until the first frame is sent.

        Args:
            address: host:port of ingest.
            pipeline: The pipeline that the frames are for.
            name: Name of this camera, unique in the pipeline: letters, digits, "-" and "_".
            connect_timeout: Seconds for the first connection; later ones are tried for ever.
            send_timeout: Seconds that `send` may wait for credit; None: as long as it takes.
            close_timeout: Seconds that the end of `with` waits for the last acknowledgement.
            jpeg_quality: 1 to 100, for frames that are given as arrays.
            on_rejected: Called with every frame that ingest refused.
            on_full: What happens to a frame while there is no credit for it. "block": `send` waits.
                "error": `send` raises NoCredit at once; only for the first connection it waits.
                "drop_oldest": `send` never waits, also while ingest is away; frames wait in a
                spool, and when that is full the oldest one that was never sent is dropped.
            spool_frames: Capacity of the spool in frames.
            spool_bytes: Capacity of the spool in bytes of images. A larger image waits alone.
            clock: The camera's, in nanoseconds since the Unix epoch. It need not be right: ingest
                finds out how far it is from its own.

        Raises:
            ValueError: `on_full` is none of these, or the spool has no capacity.
        """
        options = CameraOptions(
            connect_timeout=connect_timeout,
            send_timeout=send_timeout,
            close_timeout=close_timeout,
            jpeg_quality=jpeg_quality,
            on_rejected=on_rejected,
            on_full=on_full,
            spool_frames=spool_frames,
            spool_bytes=spool_bytes,
            clock=clock,
        )
        self._core = CameraCore(Target(address, pipeline, name), options)
        self._driver = self._make_driver(self._core)

    @property
    def session(self) -> str:
        """The session of this camera's frames: each is known by camera, session and number."""
        return self._core.session_id

    @abstractmethod
    def _make_driver(self, core: CameraCore) -> Driver: ...


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
