"""The camera of programs with threads, or with none."""

from collections.abc import Iterator, Mapping
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Self

from framemesh.sdk import unclosed
from framemesh.sdk.base_camera import BaseCamera, noted_on
from framemesh.sdk.images import Image, encoded
from framemesh.sdk.session.checks import check_seconds
from framemesh.sdk.session.core import CameraCore
from framemesh.sdk.session.counts import Counts
from framemesh.sdk.session.disk.receipt import Receipt
from framemesh.sdk.session.headers import check_headers
from framemesh.sdk.session.statistics import Statistics
from framemesh.sdk.transport.threads import ThreadDriver

if TYPE_CHECKING:
    from framemesh.sdk.session.results.result import Result


class Camera(BaseCamera[ThreadDriver]):
    """One named source of frames in one pipeline.

    `with` waits at its end until every frame is acknowledged. Frames that are unacknowledged when
    the connection breaks are sent again on the next one; none is lost and none is stored twice.
    It may be used from several threads; `on_rejected` is called in whichever calls `send` or
    `close`.
    """

    @property
    def statistics(self) -> Statistics:
        """How the camera does at this moment."""
        self._check_process()
        return self._driver.call(lambda: self._core.statistics)

    @property
    def counts(self) -> Counts:
        """How many frames were offered so far, and what became of them."""
        self._check_process()
        return self._driver.call(lambda: self._core.counts)

    def send(
        self,
        frame: Image,
        *,
        captured_unix_nano: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> int:
        """Offer a frame; blocks while there is no credit for it, unless `on_full` says otherwise.

        Returns its sequence number in this session, by which its result is known. The number of a
        frame that is dropped later has no result, and is never given to another.

        Args:
            frame: The bytes of a JPEG, PNG or WebP, or an array [height, width, 3] of BGR uint8.
            captured_unix_nano: When it was captured, by the camera's clock; None: now.
            headers: Passed on with the frame: 400 bytes in all. A W3C `traceparent` makes the
                frame's trace a part of that one, recorded if that is.

        Raises:
            PipelineUnknown, CameraRefused: ingest does not take this camera.
            IngestUnreachable: there is no connection, for `connect_timeout` or `send_timeout`.
            NoCredit: there is none at this moment (`on_full="error"`), or was none for
                `send_timeout`. The frame was not taken.
            BadFrame: the array is not a picture, the time is no whole number, or the headers cannot
                be passed on.
            CameraClosed: the camera was closed.
            SpoolInUse, SpoolFailed: the spool on disk does not take it.
            CameraForked: it was made in the process that forked this one.
        """
        self._check_process()
        core = self._core
        captured, sent = core.times(captured_unix_nano)
        passed_on = check_headers(headers)
        image = encoded(frame, core.options.jpeg_quality)
        self._start()
        receipt, rejected = self._driver.call(
            partial(core.offer, image, captured, passed_on, sent),
            after=core.admission(len(image)),
        )
        core.report(rejected)
        if receipt.stored is None:
            self._store(receipt)
        return core.taken(receipt)

    def filtered(self, frames: int = 1) -> None:
        """The next `frames` of this camera will not be sent, because its own filter dropped them.

        They have sequence numbers, and the ledger counts them as rejected, with the reason
        `filtered`. Never blocks.

        Raises:
            BadFrame: `frames` is no number from 1 on.
            CameraClosed, PipelineUnknown, CameraRefused, IngestUnreachable: as for `send`.
        """
        self._check_process()
        self._start()
        rejected = self._driver.call(partial(self._core.filtered, frames))
        self._core.report(rejected)

    def close(self, timeout: float | None = None) -> None:
        """Wait until every frame is acknowledged, and end.

        A second call does nothing, nor does one in a process that was forked.

        Args:
            timeout: Seconds; None: the camera's `close_timeout`.

        Raises:
            FramesUnacknowledged: some were not, in that time.
            PipelineUnknown, CameraRefused, IngestUnreachable: as for `send`.
        """
        if timeout is not None:
            check_seconds("timeout", timeout)
        if self._is_forked:
            return
        core, driver = self._core, self._driver
        seconds = core.options.close_timeout if timeout is None else timeout
        if not driver.call(core.begin_close):
            return
        try:
            driver.wait(core.last_answer(seconds))
        finally:
            driver.stop()
            unclosed.ended(core)
        core.end(seconds)

    def results(
        self, *, from_start: bool = False, timeout: float | None = None
    ) -> "Iterator[Result]":
        """What became of the frames of this camera, of all its sessions, in the order in which the
        mesh decided. None is missing and none comes twice, also where the monitor restarts.

        Begins with this call: the results of frames that are sent later are among them. They are
        read no faster than they are taken; 64 are ahead. It goes on after the camera is closed.

        Args:
            from_start: with the oldest that is kept, instead of the next.
            timeout: Seconds without a result that end it; None: it goes on for ever.

        Raises:
            InvalidArgument: `options` has no `monitor`.
            MonitorUnreachable: there is no connection to it for `connect_timeout`.
            PipelineUnknown, CameraRefused: the monitor does not give them.
            CameraForked: as for `send`.
        """
        self._check_process()
        if timeout is not None:
            check_seconds("timeout", timeout)
        # Needs what most cameras have no use for, and an import that is quick matters to them.
        from framemesh.sdk.transport.results import ResultReader  # noqa: PLC0415

        reader = ResultReader(self._core.target, self._core.options, from_start=from_start)
        reader.wait_until_began()
        return reader.results(timeout)

    def __enter__(self) -> Self:
        if self._core.options.disk is not None:
            self._check_process()
            self._start()
            self._driver.wait(self._core.opening_spool())
            self._give_up_if_failed()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """The error of the body is never masked; what closing adds to it becomes its note."""
        with noted_on(error):
            self.close(self._core.options.close_timeout_after(error))

    def _give_up_if_failed(self) -> None:
        """
        Raises:
            SpoolFailed: the spool cannot be opened.
        """
        if self._core.failure is not None:
            self.close()

    def _store(self, receipt: Receipt) -> None:
        """Wait until a frame is on the disk."""
        try:
            self._driver.wait(self._core.storing(receipt))
        except BaseException:  # a Ctrl-C, a cancelled task
            self._driver.call(partial(self._core.withdraw, receipt))
            raise

    def _make_driver(self, core: CameraCore) -> ThreadDriver:
        return ThreadDriver(core)
