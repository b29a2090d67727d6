"""The camera of programs with threads, or with none."""

import time
import uuid
from collections.abc import Callable
from types import TracebackType
from typing import Self

from framemesh.sdk.errors import FramemeshSdkError, FramesUnacknowledged
from framemesh.sdk.images import Image, encoded
from framemesh.sdk.session.admission import AdmissionControl
from framemesh.sdk.session.counts import Counts
from framemesh.sdk.session.on_full import SPOOL_BYTES, SPOOL_FRAMES, OnFull, spool_bounds
from framemesh.sdk.session.rejections import FrameRejected, Rejections
from framemesh.sdk.session.session import CameraSession
from framemesh.sdk.session.timeouts import close_timeout_after
from framemesh.sdk.transport.link import Link
from framemesh.sdk.transport.target import Target


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
        on_full: OnFull = "block",
        spool_frames: int = SPOOL_FRAMES,
        spool_bytes: int = SPOOL_BYTES,
        clock: Callable[[], int] = time.time_ns,
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
            on_full: What happens to a frame while there is no credit for it. "block": `send` waits.
                "error": `send` raises NoCredit at once; only for the first connection it waits.
                "drop_oldest": `send` never waits, also while ingest is away; frames wait in a
                spool, and when that is full the oldest one that was never sent is dropped.
            spool_frames: What that spool holds, in frames.
            spool_bytes: The same in bytes of images. An image that is larger waits alone.
            clock: The camera's, in nanoseconds since the Unix epoch. It need not be right: ingest
                finds out how far it is from its own.

        Raises:
            ValueError: `on_full` is none of these, or a spool without room.
        """
        self._target = Target(address, pipeline, name)
        self._send_timeout = send_timeout
        self._close_timeout = close_timeout
        self._jpeg_quality = jpeg_quality
        self._rejections = Rejections(name, on_rejected)
        bounds = spool_bounds(on_full, spool_frames, spool_bytes)
        self._session = CameraSession(uuid.uuid4().hex, bounds)
        self._admission = AdmissionControl(self._target, self._session, on_full, send_timeout)
        self._clock = clock
        self._link = Link(self._target, self._session, connect_timeout, clock)
        self._started = False

    @property
    def session(self) -> str:
        """The session of this camera's frames: each is known by camera, session and number."""
        return self._session.id

    @property
    def counts(self) -> Counts:
        """How many frames were offered so far, and what became of them."""
        with self._link.changed:
            return self._session.counts

    def send(self, frame: Image, *, captured_unix_nano: int | None = None) -> int:
        """Offer a frame; blocks while there is no credit for it, unless `on_full` says otherwise.

        Returns its sequence number in this session, by which its result is known. The number of a
        frame that is dropped later has no result, and is never given to another.

        Args:
            frame: The bytes of a JPEG, PNG or WebP, or an array [height, width, 3] of BGR uint8.
            captured_unix_nano: When it was taken, by the camera's clock; None: now.

        Raises:
            PipelineUnknown, CameraRefused: ingest does not take this camera.
            IngestUnreachable: there is no connection, for `connect_timeout` or `send_timeout`.
            NoCredit: there is none at this moment (`on_full="error"`), or was none for
                `send_timeout`. The frame was not taken.
            BadFrame: an array that is no picture.
            CameraClosed: it was closed.
        """
        captured = self._clock() if captured_unix_nano is None else captured_unix_nano
        image = encoded(frame, self._jpeg_quality)
        link, session, admission = self._link, self._session, self._admission
        with link.changed:
            self._start()
            link.wait(lambda: admission.is_decided(len(image)), self._send_timeout)
            admission.check(len(image), link.failure)
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
            self.close(close_timeout_after(error, self._close_timeout))
        except FramemeshSdkError as another:
            if another is not error:
                error.add_note(str(another))

    def _start(self) -> None:
        if not self._started and not self._session.closing:
            self._started = True
            self._link.start()
