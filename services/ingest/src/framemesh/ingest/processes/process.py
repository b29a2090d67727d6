"""One of several processes of an ingest: it serves the port that all of them share."""

import asyncio
import socket
from contextlib import AsyncExitStack
from typing import Any, NoReturn

from framemesh.core.errors import FramemeshError, leaves
from framemesh.core.metrics.metric import Service
from framemesh.core.metrics.table import metrics_of
from framemesh.ingest import app
from framemesh.ingest.processes.link import Link
from framemesh.ingest.processes.place import Place
from framemesh.ingest.processes.shared_limits import SharedLimits
from framemesh.ingest.settings import Settings
from framemesh.runtime.concurrency.background_task import background_task
from framemesh.runtime.metrics.meter import MemoryMeter
from framemesh.runtime.metrics.process import (
    measure_build,
    measure_loop_lag,
    measure_process,
    measure_refusals,
)
from framemesh.runtime.metrics.transfer import to_plain
from framemesh.runtime.processes.health import Health
from framemesh.runtime.telemetry import NO_TELEMETRY, Telemetry

LOOK_SECONDS = 5.0
SILENT_LOOKS = 6
"""In a row that find that the supervisor has asked nothing since the last: it asks every 2 s. They
are counted, so that a process that was suspended itself begins with the first."""

SERVICE = "ingest"


class SupervisorSilent(FramemeshError):
    """The supervisor is there, and does nothing: nobody would start a process that ended, and no
    camera be let in."""

    def __init__(self) -> None:
        seconds = LOOK_SECONDS * SILENT_LOOKS
        super().__init__(f"the supervisor of ingest does nothing for {seconds:g} s: starting again")


class _Answers:
    """What the supervisor is told."""

    def __init__(self, meter: MemoryMeter | None) -> None:
        self._meter = meter
        self._serves = False
        self.asked = 0
        """Times that the supervisor asked."""

    def serves(self) -> None:
        self._serves = True

    def answer(self, what: str, _: list[Any]) -> object:
        self.asked += 1
        if what == "metrics":
            return to_plain(self._meter.snapshot()) if self._meter else []
        return (Health.SERVING if self._serves else Health.NOT_SERVING).value


async def run(settings: Settings, end: socket.socket, number: int, stop: asyncio.Event) -> None:
    """Serve until `stop` is set, or the supervisor is gone.

    Args:
        end: of the pair of sockets with the supervisor.
        number: of this process, from 1 on.

    Raises:
        AddressTaken, BrokerLost: as app.run.
        SupervisorSilent: it is there, and does nothing.
    """
    meter = MemoryMeter(metrics_of(Service(SERVICE))) if settings.metrics else None
    answers = _Answers(meter)
    link = Link(end, answers.answer)
    place = Place(number, SharedLimits(link, settings.max_silence_seconds), answers.serves)
    async with background_task(_linked(link, stop)):
        try:
            async with AsyncExitStack() as beside:
                await beside.enter_async_context(background_task(_watch(answers)))
                if meter is not None:
                    measure_process(meter)
                    measure_refusals(meter, settings.connect.gatekeeper)
                    for work in (measure_loop_lag(meter), measure_build(meter, SERVICE)):
                        await beside.enter_async_context(background_task(work))
                telemetry = NO_TELEMETRY if meter is None else Telemetry(meter)
                await app.run(settings, stop, telemetry, place)
        except (FramemeshError, BaseExceptionGroup) as error:
            faults = leaves(error) if isinstance(error, BaseExceptionGroup) else [error]
            link.tell("fault", "; ".join(str(fault) or repr(fault) for fault in faults))
            raise


async def _linked(link: Link, stop: asyncio.Event) -> None:
    await link.run()
    # Nobody would start this process again, or keep to the limits.
    stop.set()


async def _watch(answers: _Answers) -> NoReturn:
    seen, silent = answers.asked, 0
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        silent = 0 if answers.asked != seen else silent + 1
        seen = answers.asked
        if silent >= SILENT_LOOKS:
            raise SupervisorSilent
