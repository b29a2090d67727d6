"""The camera of programs with threads, or with none."""

import time
import uuid
from collections.abc import Callable
from types import TracebackType
from typing import Self

from framemesh.sdk.counts import Counts
from framemesh.sdk.errors import CameraClosed, FramemeshSdkError, FramesUnacknowledged
from framemesh.sdk.images import Image, encoded
from framemesh.sdk.link import Link
from framemesh.sdk.patience import closing_seconds, send_timed_out
from framemesh.sdk.rejections import FrameRejected, Rejections
from framemesh.sdk.session import Session
from framemesh.sdk.target import Target


class Camera:
    """One named source of frames in one pipeline.

    `with` waits at its end until every frame is acknowledged. Frames that are under way when the
    connection breaks are sent again on the next one; none is lost and none is stored twice.
    It may be used from several threads; `on_rejected` is called in whichever calls `send` or
    `close`.
    """

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
    ) -> None:
        """Nothing is connected until the first frame is sent.

        Args:
            address: host:port of ingest.
            pipeline: The pipeline that the frames are for.
            name: Of this camera, unique in the pipeline: letters, digits, "-" and "_".
            connect_timeout: Seconds for the first connection; a later one is tried for ever.
            send_timeout: Seconds that `send` may wait for credit; None: as long as it takes.
            close_timeout: Seconds that the end of `with` waits for the last acknowledgement.
            jpeg_quality: 1 to 100, for frames that are given as arrays.
            on_rejected: Told of every frame that ingest refused.
        """
        self._target = Target(address, pipeline, name)
        self._send_timeout = send_timeout
        self._close_timeout = close_timeout
        self._jpeg_quality = jpeg_quality
        self._rejections = Rejections(name, on_rejected)
        self._session = Session(uuid.uuid4().hex)
        self._link = Link(self._target, self._session, connect_timeout)
        self._started = False

    @property
    def counts(self) -> Counts:
        """How many frames were offered so far, and what became of them."""
        with self._link.changed:
            return self._session.counts

    def send(self, frame: Image, *, captured_unix_nano: int | None = None) -> int:
        """Offer a frame; blocks while there is no credit for it.

        Returns its sequence number in this session, by which its result is known.

        Args:
            frame: The bytes of a JPEG, PNG or WebP, or an array [height, width, 3] of BGR uint8.
            captured_unix_nano: When it was taken; None: now.

        Raises:
            PipelineUnknown, CameraRefused: ingest does not take this camera.
            IngestUnreachable: there is no connection, for `connect_timeout` or `send_timeout`.
            NoCredit: ingest took no frame for `send_timeout`.
            BadFrame: an array that is no picture.
            CameraClosed: it was closed.
        """
        captured = time.time_ns() if captured_unix_nano is None else captured_unix_nano
        image = encoded(frame, self._jpeg_quality)
        link, session = self._link, self._session
        with link.changed:
            self._start()
            if not link.wait(lambda: self._may_take(len(image)), self._send_timeout):
                raise send_timed_out(self._target, session, self._send_timeout)
            self._check_open()
            sequence = session.offer(image, captured)
            link.changed.notify_all()
            rejected = session.take_rejected()
        self._rejections.tell(rejected)
        return sequence

    def close(self, timeout: float | None = None) -> None:
        """Wait until every frame is acknowledged, and end. A second call does nothing.

        Args:
            timeout: Seconds; None: the camera's `close_timeout`.

        Raises:
            FramesUnacknowledged: some were not, in that time.
            PipelineUnknown, CameraRefused, IngestUnreachable: as for `send`.
        """
        patience = self._close_timeout if timeout is None else timeout
        link, session = self._link, self._session
        with link.changed:
            if session.closing:
                return
            session.closing = True
            link.changed.notify_all()
        if not self._started:
            return
        try:
            with link.changed:
                link.wait(lambda: not session.unacknowledged, patience)
        finally:
            link.stop()
        self._rejections.tell(session.take_rejected())
        if link.failure is not None:
            raise link.failure
        if session.unacknowledged:
            raise FramesUnacknowledged(self._target.address, session.unacknowledged, patience)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """The error of the body is never masked; what closing adds to it becomes its note."""
        if error is None:
            return self.close()
        try:
            self.close(closing_seconds(error, self._close_timeout))
        except FramemeshSdkError as another:
            if another is not error:
                error.add_note(str(another))

    def _start(self) -> None:
        if not self._started and not self._session.closing:
            self._started = True
            self._link.start()

    def _may_take(self, size: int) -> bool:
        return self._session.closing or self._session.admits(size)

    def _check_open(self) -> None:
        if self._session.closing:
            raise CameraClosed(f"camera {self._target.camera!r} is closed: make a new one")
        if self._link.failure is not None:
            raise self._link.failure
