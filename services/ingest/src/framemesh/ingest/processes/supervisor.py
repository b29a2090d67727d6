"""Keeps several processes of one ingest running behind one port."""

import asyncio
import socket
import sys
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from framemesh.core.clock import SystemClock
from framemesh.core.errors import FramemeshError
from framemesh.core.metrics.metric import Service
from framemesh.core.metrics.table import metrics_of
from framemesh.ingest.limits.ingest_limits import IngestLimits
from framemesh.ingest.limits.of_settings import limits_of
from framemesh.ingest.processes.kept_limits import KeptLimits
from framemesh.ingest.processes.link import Link, LinkSilent
from framemesh.ingest.settings import Settings
from framemesh.runtime.concurrency.run_until import run_until
from framemesh.runtime.concurrency.task_group import TaskGroup
from framemesh.runtime.logs import get_logger
from framemesh.runtime.metrics.meter import Meter, Snapshot
from framemesh.runtime.metrics.transfer import from_plain
from framemesh.runtime.processes.child import Child
from framemesh.runtime.processes.exit_status import PERMANENT_FAILURE, SCARCE_FAILURE
from framemesh.runtime.processes.health import Health
from framemesh.runtime.processes.held_port import held_port
from framemesh.runtime.processes.liveness import LivenessBounds
from framemesh.runtime.processes.supervision import State, SupervisedProcess
from framemesh.runtime.service import Run
from framemesh.runtime.telemetry import NO_TELEMETRY, Telemetry

log = get_logger()

LIVENESS = LivenessBounds(silent_seconds=15.0)
"""Sooner than whoever watches all of ingest ends all of it: its checks find the hung process, too,
now and then."""

GRACE_SECONDS = 8.0
"""From SIGTERM to SIGKILL: frames are acknowledged within DRAIN_TIMEOUT_SECONDS. Whoever ends us
waits for 10 s."""

METRICS_SECONDS = 0.5
"""For a process to tell what it measured; who asks for the page waits for a second."""

METRICS = metrics_of(Service.INGEST)


class ProcessEnded(FramemeshError):
    """A process ended before all of them served: it is the same for all, so ingest ends as it
    would with one process."""

    def __init__(self, number: int, trouble: str, status: int) -> None:
        super().__init__(f"process {number} of ingest did not start: {trouble}")
        self.permanent = status == PERMANENT_FAILURE
        self.scarce = status == SCARCE_FAILURE


class _Process:
    """One of them, as often as it is started."""

    def __init__(
        self,
        number: int,
        address: str,
        limits: IngestLimits,
        links: TaskGroup,
        changed: Callable[[], None],
    ) -> None:
        self.number = number
        self._address = address
        self._limits = limits
        self._links = links
        self._link: Link | None = None
        self.fault = ""
        """That it told before its end."""
        self.supervised = SupervisedProcess(
            f"ingest {number}",
            start=self._start,
            check=self._check,
            changed=changed,
            grace_seconds=GRACE_SECONDS,
            liveness=LIVENESS,
        )

    @property
    def state(self) -> State:
        return self.supervised.status.state

    async def snapshot(self) -> Snapshot | None:
        """What it measured; None: it does not say."""
        if self._link is None:
            return None
        try:
            return from_plain(await self._link.ask("metrics", seconds=METRICS_SECONDS), METRICS)
        except LinkSilent:
            return None

    async def _start(self) -> Child:
        """
        Raises:
            OSError: it cannot be started.
        """
        ours, theirs = socket.socketpair()
        file = theirs.fileno()
        module = "framemesh.ingest.processes"
        with theirs:
            try:
                child = await Child.start(
                    (sys.executable, "-m", module, str(file), str(self.number)),
                    name=self.supervised.name,
                    log=None,
                    environment={"FRAMEMESH_INGEST_LISTEN": self._address},
                    files=(file,),
                )
            except BaseException:
                ours.close()
                raise
        self.fault = ""
        kept = KeptLimits(self._limits)
        self._link = Link(ours, partial(self._answer, kept))
        self._links.create_task(self._linked(self._link, kept))
        return child

    async def _linked(self, link: Link, kept: KeptLimits) -> None:
        try:
            await link.run()
        except Exception as error:  # a fault of ours ends that process, and no other
            log.error("link failed", name=self.supervised.name, exc_info=error)
        finally:
            kept.close()

    def _answer(self, kept: KeptLimits, what: str, arguments: list[Any]) -> object:
        if what == "fault":
            (self.fault,) = arguments
            return None
        return kept.answer(what, arguments)

    async def _check(self, seconds: float) -> Health:
        if self._link is None:
            return Health.UNANSWERED
        try:
            return Health(await self._link.ask("health", seconds=seconds))
        except LinkSilent:
            return Health.UNANSWERED


class _Crew:
    """All of them."""

    def __init__(self, count: int, address: str, settings: Settings, tasks: TaskGroup) -> None:
        limits = limits_of(settings, SystemClock())
        self.processes = [
            _Process(number, address, limits, tasks, self._changed)
            for number in range(1, count + 1)
        ]
        self._all_served = False
        self._ended = asyncio.Event()

    async def wait_ended(self) -> None:
        """
        Raises:
            ProcessEnded: one did before all of them served.
        """
        await self._ended.wait()
        failed = next(each for each in self.processes if each.state is State.FAILED)
        supervised = failed.supervised
        trouble = failed.fault or supervised.status.trouble
        raise ProcessEnded(failed.number, trouble, supervised.exit_status)

    async def snapshots(self) -> Mapping[str, Snapshot]:
        """What each measured, by its number."""
        found = await asyncio.gather(*(each.snapshot() for each in self.processes))
        return {
            str(process.number): snapshot
            for process, snapshot in zip(self.processes, found, strict=True)
            if snapshot is not None
        }

    def _changed(self) -> None:
        states = {each.state for each in self.processes}
        if states == {State.READY}:
            self._all_served = True
        elif State.FAILED in states and not self._all_served:
            self._ended.set()


def supervised(count: int) -> Run[Settings]:
    """`supervise`, for so many processes."""
    return partial(supervise, count)


async def supervise(
    count: int, settings: Settings, stop: asyncio.Event, telemetry: Telemetry = NO_TELEMETRY
) -> None:
    """Run ingest as `count` processes until `stop` is set; they are then drained side by side.

    Raises:
        AddressTaken: something else listens on settings.listen.
        ProcessEnded: a process ended before all of them served.
    """
    with held_port(settings.listen) as address:
        log.info("ingest has several processes", processes=count, address=address)
        await run_until(stop, _supervise(count, address, settings, telemetry.meter))


async def _supervise(count: int, address: str, settings: Settings, meter: Meter) -> None:
    async with TaskGroup() as links, TaskGroup() as tasks:
        crew = _Crew(count, address, settings, links)
        meter.include(crew.snapshots)
        for each in crew.processes:
            tasks.create_task(each.supervised.run())
        await crew.wait_ended()
