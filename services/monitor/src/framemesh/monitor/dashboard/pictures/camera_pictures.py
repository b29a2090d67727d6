"""The pictures of one camera, for as long as somebody looks at it."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

import nats.errors
from google.protobuf.message import DecodeError

from framemesh.core.clock import Clock
from framemesh.core.errors import FramemeshError
from framemesh.core.frame import Frame
from framemesh.core.outcome import Outcome
from framemesh.monitor.dashboard.pictures.capture import next_frame
from framemesh.monitor.dashboard.pictures.detections import picture_header
from framemesh.monitor.dashboard.pictures.expected_outcome import ExpectedOutcome, expected_outcome
from framemesh.monitor.dashboard.pictures.picture import CameraKey, Picture, picture
from framemesh.monitor.dashboard.pictures.preference import DoneFirst
from framemesh.monitor.dashboard.pictures.scaled_image import ScaledImage, scaled
from framemesh.monitor.dashboard.pictures.turns import PICTURES_PER_SECOND_OF_CAMERA, Turns
from framemesh.monitor.dashboard.pictures.waiting_room import WaitingRoom
from framemesh.monitor.dashboard.pictures.workshop import Busy, Workshop
from framemesh.runtime.concurrency.task_group import TaskGroup
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.logs import get_logger
from framemesh.runtime.messages import outcome_message

log = get_logger()

OUTCOME_SECONDS = 60.0
"""How long the picture of a frame waits for its outcome."""


SMALL_BYTES = 2048
"""Of a stored outcome: thirty boxes, which take as long to read as to hand them to a thread."""


MICRO = 1_000_000
"""Microseconds of a second."""


class BadOutcome(FramemeshError):
    """What is stored in the place of an outcome is none."""


class CameraPictures:
    """Takes a frame whenever it is its turn, and shows it once it has its outcome."""

    def __init__(
        self,
        broker: Broker,
        camera: CameraKey,
        *,
        turns: Turns,
        workshop: Workshop,
        waiting: WaitingRoom,
        clock: Clock,
        width: Callable[[], int],
        show: Callable[[Picture], None],
    ) -> None:
        """
        Args:
            width: in pixels, that is wanted now.
            show: hands a picture to all who look.
        """
        self._broker = broker
        self._camera = camera
        self._turns = turns
        self._workshop = workshop
        self._waiting = waiting
        self._preference = DoneFirst(clock)
        self._width = width
        self._show = show
        self._problem = ""

    async def run(self) -> NoReturn:
        """Until cancelled."""
        async with TaskGroup() as tasks:
            while True:
                await self._turns.next()
                # Nothing else holds the frame: where a camera sends one an hour, it is that long.
                tasks.create_task(self._take(await next_frame(self._broker, self._camera)))
                await asyncio.sleep(1 / PICTURES_PER_SECOND_OF_CAMERA)

    async def _take(self, frame: Frame) -> None:
        with suppress(nats.errors.Error):  # the next picture comes over the next connection
            async with expected_outcome(self._broker, self._camera.pipeline, frame.id) as outcome:
                small = await self._scaled(frame.image)
                del frame
                if small is None:
                    return
                with self._waiting.place(len(small.jpeg)) as there_is_room:
                    if there_is_room:
                        await self._show_with(outcome, small)

    async def _scaled(self, image: bytes) -> ScaledImage | None:
        """None where there is no time for it, or it cannot be shown."""
        width = self._width()
        try:
            return await self._workshop.do(lambda: scaled(image, width))
        except Busy:
            return None
        except FramemeshError as error:
            self._note(str(error))
            return None

    async def _show_with(self, outcome: ExpectedOutcome, small: ScaledImage) -> None:
        try:
            async with asyncio.timeout(OUTCOME_SECONDS):
                payload = await outcome.payload()
            if len(payload) <= SMALL_BYTES:
                found, made = _picture(payload, small)
            else:
                found, made = await self._workshop.do(lambda: _picture(payload, small))
        except (TimeoutError, FramemeshError):
            return
        self._workshop.pace.dwelt((found.timings.dwell or 0) / MICRO)
        if self._preference.is_shown(found.fate):
            self._show(made)

    def _note(self, problem: str) -> None:
        """Once, until it is another one: a camera sends many frames of a kind."""
        if problem != self._problem:
            log.info("picture is not shown", camera="/".join(self._camera), why=problem)
        self._problem = problem


def _picture(payload: bytes, small: ScaledImage) -> tuple[Outcome, Picture]:
    """
    Raises:
        BadOutcome: somebody else wrote it.
    """
    try:
        outcome = outcome_message.from_payload(payload)
    except (DecodeError, KeyError) as error:
        raise BadOutcome(f"the stored message is no outcome: {error!r}") from error
    return outcome, picture(picture_header(outcome, small.width, small.height), small.jpeg)
