"""Everything that a camera decides. No I/O, no lock, no thread, no event loop.

A driver (`transport/threads.py`, `transport/tasks.py`) opens streams, moves bytes and waits; this
says which stream to open when, what to send on it, whether a frame is admitted, and what failed. A
driver reports what happened by calling the methods named after events: `opened`, `acknowledged`,
`stream_ended`, `failed`. Calls never overlap: the thread driver holds its lock around each, and
around every step of the iterators returned here.
"""

import math
import random
import time
import uuid
from collections.abc import Callable, Iterable, Mapping

import grpc

from framemesh.sdk.errors import FramemeshSdkError, FramesUnacknowledged
from framemesh.sdk.session.admission import AdmissionControl
from framemesh.sdk.session.checks import check_captured
from framemesh.sdk.session.counts import Counts
from framemesh.sdk.session.credit import Credit
from framemesh.sdk.session.headers import NO_HEADERS
from framemesh.sdk.session.options import CameraOptions, Target
from framemesh.sdk.session.reconnection import ReconnectPolicy
from framemesh.sdk.session.rejections import FrameRejected, Rejections
from framemesh.sdk.session.session import CameraSession
from framemesh.sdk.session.steps import ClockReading, OpenSession, Send, Steps, Stream, Wait


class CameraCore:
    """The state of one camera, from its first frame to its close."""

    def __init__(
        self,
        target: Target,
        options: CameraOptions,
        monotonic: Callable[[], float] = time.monotonic,
        jitter: random.Random | None = None,
    ) -> None:
        self.target = target
        self.options = options
        self.failure: Exception | None = None
        """Why there will be no further stream; raised by every send and by close."""
        self._session = CameraSession(uuid.uuid4().hex, options.spool_bounds)
        self._admission = AdmissionControl(target, self._session, options)
        self._rejections = Rejections(target.camera, options.on_rejected)
        self._monotonic = monotonic
        # Spreads reconnects, is no secret.
        jitter = jitter or random.Random()  # noqa: S311
        self._reconnect = ReconnectPolicy(target, options.connect_timeout, jitter)
        self._pause = 0.0
        self._stream: Stream | None = None
        """The one that is opening or open."""
        self._started = False
        self.stopped = False

    @property
    def session_id(self) -> str:
        return self._session.id

    @property
    def counts(self) -> Counts:
        return self._session.counts

    # What the user of a camera does.

    def start(self) -> bool:
        """A frame is about to be offered; whether the driver has to start connecting."""
        if self._started or self._session.closing:
            return False
        self._started = True
        self._reconnect.start(self._monotonic())
        return True

    def admission(self, size: int) -> Wait:
        """Ends when a frame of `size` bytes need not wait any longer; `offer` follows."""
        return self._unless_failed(
            lambda: self._admission.is_decided(size), self.options.send_timeout
        )

    def times(self, captured_unix_nano: int | None) -> tuple[int, int]:
        """When a frame was captured, as given or now by the clock of the camera, and when `send`
        was called; 0 for the second where both are one.

        Raises:
            BadFrame: what was given is no whole number of 64 bits.
            InvalidArgument: what the clock says is none.
        """
        now = self.options.now()
        return (now, 0) if captured_unix_nano is None else (check_captured(captured_unix_nano), now)

    def offer(
        self,
        image: bytes,
        captured_unix_nano: int,
        headers: Mapping[str, str] = NO_HEADERS,
        sent_unix_nano: int = 0,
    ) -> tuple[int, list[FrameRejected]]:
        """Take a frame; returns its sequence number, and the rejections to `report`.

        Raises:
            CameraClosed, NoCredit, IngestUnreachable: the frame is not taken.
            Exception: `failure`, if there is one.
        """
        self._admission.check(len(image), self.failure)
        sequence = self._session.offer(image, captured_unix_nano, headers, sent_unix_nano)
        return sequence, self._session.take_rejected()

    def report(self, rejected: Iterable[FrameRejected]) -> None:
        """Pass rejections to the user. Runs code of the user, so no lock is held."""
        self._rejections.report(rejected)

    def begin_close(self) -> bool:
        """Take no further frame; False if the camera was closed before."""
        if self._session.closing:
            return False
        self._session.closing = True
        return True

    def last_answer(self, seconds: float) -> Wait:
        """Ends when every frame is acknowledged; `stop` and `end` follow."""
        return self._unless_failed(lambda: not self._session.unacknowledged, seconds)

    @property
    def ends_by_itself(self) -> bool:
        """Whether ingest ends the stream now that every frame is acknowledged."""
        return self._session.is_open and not self._session.unacknowledged

    def stop(self) -> None:
        """Open and send nothing more. What is unacknowledged stays so."""
        self.stopped = True

    def end(self, waited_seconds: float) -> None:
        """The camera is stopped: report the last rejections, and what is wrong.

        Raises:
            FramesUnacknowledged: some frames have no answer.
            Exception: `failure`, if there is one.
        """
        self.report(self._session.take_rejected())
        if self.failure is not None:
            raise self.failure
        if count := self._session.unacknowledged:
            raise FramesUnacknowledged(self.target.address, count, waited_seconds)

    # What the driver does for it.

    def streams(self) -> Steps[Stream]:
        """The streams to open, one after another; each goes on until `stream_ended`."""
        while not self._is_finished():
            seconds = self._reconnect.opening_seconds(self._monotonic())
            self._stream = Stream(self._reconnect.address, seconds)
            yield self._stream
            yield Wait(self._is_finished, self._pause)

    def requests(self, stream: Stream) -> Steps[Send]:
        """What to send on a stream, which is half-closed at the end."""
        yield Send(OpenSession(self.target, self._session.id))
        yield Wait(lambda: self._session.is_open or self._is_over(stream))
        if not self._is_over(stream):
            yield Send(ClockReading(self.options.now()))
        while not self._is_over(stream):
            if (frame := self._session.next_to_send()) is not None:
                yield Send(frame)
            elif self._session.closing and self._session.all_sent:
                return
            else:
                yield Wait(lambda: self._has_request(stream))

    def opened(self, credit: Credit, max_frame_bytes: int) -> None:
        """Ingest opened the stream."""
        self._session.opened(credit, max_frame_bytes)
        self._reconnect.opened()

    def acknowledged(self, accepted: Iterable[int], rejected: Iterable[FrameRejected]) -> None:
        """Ingest answered frames of this stream."""
        self._session.acknowledged(accepted, rejected)
        self._reconnect.progressed()

    def stream_ended(self, code: grpc.StatusCode, details: str) -> None:
        """The stream ended with this status, for whatever reason."""
        self._disconnected()
        if self._is_finished():
            return
        try:
            self._pause = self._reconnect.pause(code, details, self._monotonic())
        except FramemeshSdkError as error:
            self.failure = error

    def failed(self, error: Exception) -> None:
        """The driver itself failed; no further stream will be opened."""
        self._disconnected()
        self.failure = error

    def _disconnected(self) -> None:
        self._stream = None
        self._session.broken()

    def _is_finished(self) -> bool:
        """Whether no further stream is needed."""
        done = self._session.closing and not self._session.unacknowledged
        return done or self.stopped or self.failure is not None

    def _is_over(self, stream: Stream) -> bool:
        return stream is not self._stream or self.stopped

    def _has_request(self, stream: Stream) -> bool:
        session = self._session
        ended = session.closing and session.all_sent
        return ended or self._is_over(stream) or session.can_send

    def _unless_failed(self, is_over: Callable[[], bool], seconds: float | None) -> Wait:
        """A wait that a failure ends too; `seconds` None: as long as it takes."""
        limit = math.inf if seconds is None else seconds
        return Wait(lambda: self.failure is not None or is_over(), limit)
