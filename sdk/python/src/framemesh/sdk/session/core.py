"""Everything that a camera decides. No I/O, no lock, no thread, no event loop.

A driver (`transport/threads.py`, `transport/tasks.py`) opens streams, moves bytes and waits; this
says which stream to open when, what to send on it, whether a frame is admitted, and what failed. A
driver reports what happened by calling the methods named after events: `opened`, `acknowledged`,
`stream_ended`, `failed`. Calls never overlap: the thread driver holds its lock around each, and
around every step of the iterators returned here.
"""

import logging
import math
import random
import uuid
from collections.abc import Callable, Iterable, Mapping

import grpc

from framemesh.sdk.errors import (
    BadFrame,
    FramemeshSdkError,
    FramesUnacknowledged,
    SpoolFailed,
)
from framemesh.sdk.session.admission import AdmissionControl
from framemesh.sdk.session.checks import check_captured
from framemesh.sdk.session.counts import Counts
from framemesh.sdk.session.credit import Credit
from framemesh.sdk.session.disk.queue import DiskQueue
from framemesh.sdk.session.disk.receipt import Receipt
from framemesh.sdk.session.disk.report import SpoolReport
from framemesh.sdk.session.disk.work import DiskDone, DiskWork, SpoolOpened, Stored
from framemesh.sdk.session.headers import NO_HEADERS
from framemesh.sdk.session.hint import NO_HINT, Hint, Hints
from framemesh.sdk.session.offered_frame import MAX_FILTERED
from framemesh.sdk.session.options import CameraOptions, Target
from framemesh.sdk.session.reconnection import ReconnectPolicy
from framemesh.sdk.session.rejections import FrameRejected, Rejections
from framemesh.sdk.session.session import ONE_FRAME, CameraSession
from framemesh.sdk.session.statistics import RateMeter, Statistics
from framemesh.sdk.session.steady_clock import NANO, SteadyClock, since_boot
from framemesh.sdk.session.steps import ClockReading, OpenSession, Send, Steps, Stream, Wait

log = logging.getLogger(__name__)

FILTERED_SECONDS = 1.0
"""Filtered frames are told of so often, where no frame follows: rarely enough to cost nothing."""


class CameraCore:
    """The state of one camera, from its first frame to its close."""

    def __init__(
        self,
        target: Target,
        options: CameraOptions,
        monotonic: Callable[[], float] = since_boot,
        jitter: random.Random | None = None,
    ) -> None:
        self.target = target
        self.options = options
        self.failure: Exception | None = None
        """Why there will be no further stream; raised by every send and by close."""
        disk = None if options.disk is None else DiskQueue(options.disk, drops=options.drops)
        # The session of a spool is in the spool.
        session_id = uuid.uuid4().hex if disk is None else ""
        self._session = CameraSession(session_id, options.spool_bounds, disk)
        self._disk = disk
        self._spool_report = SpoolReport(target.camera)
        self._spool_folder = ""
        self._admission = AdmissionControl(target, self._session, options, disk)
        self._rejections = Rejections(target.camera, options.on_rejected)
        self._hints = Hints(options.on_hint)
        self._monotonic = monotonic
        self._clock = SteadyClock(options.now, monotonic)
        self._clock_query = 0
        """That is to be answered; 0: none."""
        # Spreads reconnects, is no secret.
        jitter = jitter or random.Random()  # noqa: S311
        # A camera that has its frames on disk begins where no ingest can be reached.
        connect_timeout = options.connect_timeout if disk is None else math.inf
        self._reconnect = ReconnectPolicy(
            target, connect_timeout, jitter, renews_token=options.renews_token
        )
        self._pause = 0.0
        self._rate = RateMeter(monotonic())
        self._untold_since = 0.0
        """When the first frame was filtered of those that ingest was not told of."""
        self._stream: Stream | None = None
        """The one that is opening or open."""
        self._leaving: Stream | None = None
        """Nothing more is sent on this one."""
        self._started = False
        self.stopped = False

    @property
    def session_id(self) -> str:
        return self._session.id

    @property
    def counts(self) -> Counts:
        return self._session.counts

    @property
    def statistics(self) -> Statistics:
        session, waiting = self._session, self._session.never_sent
        oldest = session.oldest_unix_nano
        return Statistics(
            counts=session.counts,
            accepted_bytes=session.accepted_bytes,
            accepted_per_second=self._rate.rate(self._monotonic()),
            is_connected=session.is_open,
            reconnects=max(0, self._reconnect.connections - 1),
            address=self._reconnect.address,
            spool_frames=waiting.frames,
            spool_bytes=waiting.bytes,
            oldest_seconds=(
                0.0 if oldest is None else max(0.0, (self.options.now() - oldest) / NANO)
            ),
            last_error=self._spool_report.problem or self._reconnect.last_error,
        )

    @property
    def fills_message(self) -> bool:
        """Whether so much waits to be sent that more would not come in the same message."""
        return self._session.fills_message

    @property
    def hint(self) -> Hint:
        return self._hints.last

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
        """When a frame was captured, as given or now, and when `send` was called; 0 for the second
        where both are one. By the clock of the camera, without what it was set meanwhile.

        Raises:
            BadFrame: what was given is no whole number of 64 bits.
            InvalidArgument: what the clock says is none.
        """
        now = self._clock.now()
        if captured_unix_nano is None:
            return now, 0
        return self._clock.steady(check_captured(captured_unix_nano)), now

    def offer(
        self,
        image: bytes,
        captured_unix_nano: int,
        headers: Mapping[str, str] = NO_HEADERS,
        sent_unix_nano: int = 0,
    ) -> tuple[Receipt, list[FrameRejected]]:
        """Take a frame; returns its receipt, and the rejections to `report`.

        Raises:
            CameraClosed, NoCredit, IngestUnreachable: the frame is not taken.
            BadFrame: it never can be.
            Exception: `failure`, if there is one.
        """
        self._admission.check(len(image), self.failure)
        receipt = self._session.offer(image, captured_unix_nano, headers, sent_unix_nano)
        return receipt, self._session.take_rejected()

    def storing(self, receipt: Receipt) -> Wait:
        """Ends when the frame is in the spool; `taken` follows. There is no waiting for memory."""
        return self._unless_failed(lambda: receipt.stored is not None, None)

    def withdraw(self, receipt: Receipt) -> None:
        """That wait was interrupted: the frame is not taken, unless it is being written."""
        self._session.withdraw(receipt)

    def taken(self, receipt: Receipt) -> int:
        """The number of a frame that is in the spool.

        Raises:
            SpoolFailed: it is not.
            Exception: `failure`, if there is one.
        """
        if receipt.stored is Stored.FAILED:
            raise SpoolFailed(
                f"the spool {self._spool_folder} cannot be written: {receipt.problem}. The frame "
                "was not taken"
            )
        if receipt.stored is None and self.failure is not None:
            self.withdraw(receipt)
            raise self.failure
        return receipt.sequence

    def filtered(self, frames: int) -> list[FrameRejected]:
        """The camera's filter dropped the next `frames`. They are told with the next frame, or a
        second after the first of them. Returns the rejections to `report`.

        Raises:
            BadFrame: that is no number of frames.
            CameraClosed: the camera was closed.
            Exception: `failure`, if there is one.
        """
        if not isinstance(frames, int) or not 1 <= frames <= MAX_FILTERED:
            raise BadFrame(
                f"{frames!r} filtered frames: give a whole number from 1 to {MAX_FILTERED}"
            )
        self._admission.check_open(self.failure)
        now = self._monotonic()
        if not self._session.is_filtering:
            self._untold_since = now
        self._session.filtered(frames)
        if now - self._untold_since >= FILTERED_SECONDS:
            self._session.tell_filtered()
        return self._session.take_rejected()

    def report(self, rejected: Iterable[FrameRejected]) -> None:
        """Pass rejections and hints to the user. Runs code of the user, so no lock is held."""
        self._rejections.report(rejected)
        self._hints.report()

    def begin_close(self) -> bool:
        """Take no further frame; False if the camera was closed before."""
        if self._session.closing:
            return False
        self._session.closing = True
        self._session.end_filtered()
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
        self._spool_report.rest()
        if self.failure is not None:
            raise self.failure
        if count := self._session.unacknowledged:
            raise FramesUnacknowledged(
                self.target.address, count, waited_seconds, self._spool_folder
            )

    # What the driver does for it.

    def streams(self) -> Steps[Stream]:
        """The streams to open, one after another; each goes on until `stream_ended`."""
        if not self.is_spool_open:
            yield Wait(lambda: self.is_spool_open or self._is_finished())
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
            yield Send(self._reading(0))
        while not self._is_over(stream):
            if self._leaving is stream:
                return
            if query := self._clock_query:
                self._clock_query = 0
                yield Send(self._reading(query))
            elif frames := self._session.next_to_send():
                yield Send(frames)
            elif self._session.closing and self._session.all_sent:
                return
            else:
                yield Wait(lambda: self._has_request(stream))

    @property
    def is_spool_open(self) -> bool:
        """Whether the session is known. Without a spool on disk it always is."""
        return self._disk is None or self._disk.is_open

    def opening_spool(self) -> Wait:
        """Ends when the spool is open, or cannot be opened."""
        return self._unless_failed(lambda: self.is_spool_open, None)

    def spool_opened(self, opened: SpoolOpened) -> None:
        """The disk has a spool for this camera."""
        self._session.resumed(opened)
        self._spool_folder = opened.folder
        self._spool_report.opened(opened)

    def disk_work(self) -> Steps[DiskWork]:
        """What to do on the disk; `disk_done` follows each. It ends with the camera, when all is
        written."""
        while self._disk is not None:
            now = self._monotonic()
            if (work := self._session.take_disk_work(now)) is not None:
                yield work
            elif self._is_disk_finished():
                return
            else:
                seconds = self._disk.seconds_to_wait(now)
                yield Wait(
                    lambda: self._session.has_disk_work() or self._is_disk_finished(), seconds
                )

    def disk_done(self, work: DiskWork, done: DiskDone) -> None:
        """The disk did what it could of this."""
        now = self._monotonic()
        self._session.disk_done(work, done, now)
        self._spool_report.done(done, now)

    def _is_disk_finished(self) -> bool:
        return self.stopped and self._disk is not None and self._disk.is_idle

    def opened(self, credit: Credit, max_frame_bytes: int, per_message: Credit = ONE_FRAME) -> None:
        """Ingest opened the stream."""
        self._session.opened(credit, max_frame_bytes, per_message)
        self._reconnect.opened()

    def acknowledged(self, accepted: Iterable[int], rejected: Iterable[FrameRejected]) -> None:
        """Ingest answered frames of this stream."""
        before = self._session.counts.accepted
        self._session.acknowledged(accepted, rejected)
        self._rate.add(self._session.counts.accepted - before, self._monotonic())
        self._reconnect.progressed()

    def clock_asked(self, query: int) -> None:
        """Ingest asks what the clock says."""
        self._clock_query = query

    def hinted(self, hint: Hint) -> None:
        """Ingest asks for more or less than before."""
        self._hints.take(hint)

    def renew(self) -> None:
        """There are other certificates: send nothing more on this stream, and open the next once
        ingest has answered what was sent."""
        if self._stream is not None and self._session.is_open:
            self._leaving = self._stream

    def stream_ended(self, code: grpc.StatusCode, details: str, fault: str = "") -> None:
        """The stream ended with this status, for whatever reason.

        Args:
            fault: what is wrong with certificates, in one line; empty: nothing is known to be.
        """
        left = self._leaving is not None and code is grpc.StatusCode.OK
        self._disconnected()
        if self._is_finished():
            return
        if left:
            self._pause = 0.0
            return
        try:
            self._pause = self._reconnect.pause(code, details, self._monotonic(), fault)
        except FramemeshSdkError as error:
            self.failure = error

    def failed(self, error: Exception) -> None:
        """The driver itself failed; no further stream will be opened."""
        self._disconnected()
        self.failure = error

    def _disconnected(self) -> None:
        self._stream = self._leaving = None
        self._clock_query = 0
        self._hints.take(NO_HINT)
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
        asked = self._clock_query != 0
        over = self._is_over(stream) or self._leaving is stream
        return asked or ended or over or session.can_send

    def _reading(self, query: int) -> ClockReading:
        reading = self._clock.reading(query)
        if reading.stepped_nano:
            log.warning(
                "camera %s: the clock of this machine was set by %+.3f s; capture times go on "
                "without that",
                self.target.camera,
                reading.stepped_nano / NANO,
            )
        return reading

    def _unless_failed(self, is_over: Callable[[], bool], seconds: float | None) -> Wait:
        """A wait that a failure ends too; `seconds` None: as long as it takes."""
        limit = math.inf if seconds is None else seconds
        return Wait(lambda: self.failure is not None or is_over(), limit)
