"""The camera of programs that run on asyncio."""

import asyncio
from collections.abc import AsyncIterator, Mapping
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
from framemesh.sdk.transport.tasks import TaskDriver

if TYPE_CHECKING:
    from framemesh.sdk.session.results.result import Result


class AsyncCamera(BaseCamera[TaskDriver]):
    """One named source of frames in one pipeline: `Camera` for asyncio.

    `async with` waits at its end until every frame is acknowledged. Frames that are unacknowledged
    when the connection breaks are sent again on the next one; none is lost and none is stored
    twice. It belongs to one event loop; `on_rejected` is called in whichever task calls `send` or
    `close`.
    """

    @property
    def statistics(self) -> Statistics:
        """How the camera does at this moment."""
        self._check_process()
        return self._core.statistics

    @property
    def counts(self) -> Counts:
        """How many frames were offered so far, and what became of them."""
        self._check_process()
        return self._core.counts

    async def send(
        self,
        frame: Image,
        *,
        captured_unix_nano: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> int:
        """Offer a frame; waits while there is no credit for it, unless `on_full` says otherwise.

        Arguments, result and errors are those of `Camera.send`. If it is cancelled, the frame was
        not taken.
        """
        self._check_process()
        core = self._core
        captured, sent = core.times(captured_unix_nano)
        passed_on = check_headers(headers)
        await self._driver.give_turn()
        image = frame if isinstance(frame, bytes) else await self._encoded(frame)
        self._start()
        receipt, rejected = await self._driver.call(
            partial(core.offer, image, captured, passed_on, sent),
            after=core.admission(len(image)),
        )
        core.report(rejected)
        if receipt.stored is None:
            await self._store(receipt)
        return core.taken(receipt)

    async def filtered(self, frames: int = 1) -> None:
        """The camera's own filter dropped the next `frames`; as `Camera.filtered`."""
        self._check_process()
        self._start()
        rejected = await self._driver.call(partial(self._core.filtered, frames))
        self._core.report(rejected)

    async def close(self, timeout: float | None = None) -> None:  # noqa: ASYNC109  as in Camera
        """Wait until every frame is acknowledged, and end; as `Camera.close`."""
        if timeout is not None:
            check_seconds("timeout", timeout)
        if self._is_forked:
            return
        core, driver = self._core, self._driver
        seconds = core.options.close_timeout if timeout is None else timeout
        if not await driver.call(core.begin_close):
            return
        try:
            await driver.wait(core.last_answer(seconds))
        finally:
            await driver.stop()
            unclosed.ended(core)
        core.end(seconds)

    def results(
        self, *, from_start: bool = False, timeout: float | None = None
    ) -> "AsyncIterator[Result]":
        """What became of the frames of this camera: as `Camera.results`, but it begins with the
        first step of the loop, and reads none ahead."""
        self._check_process()
        if timeout is not None:
            check_seconds("timeout", timeout)
        from framemesh.sdk.transport.results import results  # noqa: PLC0415  as in Camera

        return results(
            self._core.target, self._core.options, from_start=from_start, timeout=timeout
        )

    async def __aenter__(self) -> Self:
        if self._core.options.disk is not None:
            self._check_process()
            self._start()
            await self._driver.wait(self._core.opening_spool())
            await self._give_up_if_failed()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """The error of the body is never masked; what closing adds to it becomes its note."""
        with noted_on(error):
            await self.close(self._core.options.close_timeout_after(error))

    async def _encoded(self, frame: Image) -> bytes:
        # A JPEG of a large picture takes tens of milliseconds.
        return await asyncio.to_thread(encoded, frame, self._core.options.jpeg_quality)

    async def _give_up_if_failed(self) -> None:
        """
        Raises:
            SpoolFailed: the spool cannot be opened.
        """
        if self._core.failure is not None:
            await self.close()

    async def _store(self, receipt: Receipt) -> None:
        """Wait until a frame is on the disk."""
        try:
            await self._driver.wait(self._core.storing(receipt))
        except BaseException:  # a Ctrl-C, a cancelled task
            await self._driver.call(partial(self._core.withdraw, receipt))
            raise

    def _make_driver(self, core: CameraCore) -> TaskDriver:
        return TaskDriver(core)
