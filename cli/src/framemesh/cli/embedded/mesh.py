"""All programs of a mesh, kept running by this process."""

import asyncio
import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from framemesh.cli.embedded.ports import Ports
from framemesh.cli.embedded.program import Program, stopping_order
from framemesh.cli.embedded.remains import mark
from framemesh.cli.embedded.run import ProgramStatus, Run
from framemesh.cli.embedded.verdict import START_SECONDS, check, too_slow
from framemesh.core.clock import Clock
from framemesh.runtime.logs import get_logger
from framemesh.runtime.processes.child import Child
from framemesh.runtime.processes.supervision import State, Supervised

log = get_logger()


class Mesh:
    """Supervises the programs, and tells in run.json how they are."""

    def __init__(self, data: Path, ports: Ports, programs: Sequence[Program], clock: Clock) -> None:
        self._data = data.absolute()
        self._ports = ports
        self._programs = programs
        self._clock = clock
        self._began = clock.monotonic()
        self._supervised = {program.name: self._supervise(program) for program in programs}
        self._ready_seconds: dict[str, float] = {}
        self._changed = asyncio.Event()

    async def keep(self) -> None:
        """Keep the programs running until this is cancelled; then none is left."""
        self._note()
        async with asyncio.TaskGroup() as tasks:
            running = {
                name: tasks.create_task(supervised.run())
                for name, supervised in self._supervised.items()
            }
            try:
                await asyncio.Event().wait()
            finally:
                for wave in stopping_order(self._programs):
                    stopping = [running[program.name] for program in wave]
                    for task in stopping:
                        task.cancel()
                    await asyncio.wait(stopping)

    async def until_ready(self, show: Callable[[Run], None]) -> Run:
        """Wait until all programs are healthy. `show` is called at every change.

        Raises:
            StartFailed: one of them ended, or was not ready in time.
        """
        try:
            async with asyncio.timeout(START_SECONDS):
                while not check(run := self.run()).ready:
                    show(run)
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError as error:
            raise too_slow(self.run()) from error
        show(run)
        return run

    def run(self) -> Run:
        """How all is now."""
        return Run(
            pid=os.getpid(),
            nats=f"nats://{self._ports.nats}",
            ingest=self._ports.ingest,
            master=self._ports.master,
            monitor=self._ports.monitor,
            programs=tuple(map(self._status, self._programs)),
        )

    def _supervise(self, program: Program) -> Supervised:
        return Supervised(
            program.name,
            start=partial(
                Child.start,
                program.command,
                name=program.name,
                log=self._log(program),
                environment={**program.environment, **mark(self._data)},
            ),
            ready=partial(program.healthy, program.address),
            changed=self._note,
            ailing=program.ailing,
            grace_seconds=program.grace_seconds,
            clock=self._clock,
        )

    def _status(self, program: Program) -> ProgramStatus:
        condition = self._supervised[program.name].condition
        return ProgramStatus(
            name=program.name,
            address=program.address,
            log=str(self._log(program)),
            state=condition.state,
            pid=condition.pid,
            restarts=condition.restarts,
            trouble=condition.trouble,
            ready_seconds=self._ready_seconds.get(program.name),
        )

    def _log(self, program: Program) -> Path:
        return self._data / "logs" / f"{program.name}.log"

    def _note(self) -> None:
        now = self._clock.monotonic() - self._began
        for name, supervised in self._supervised.items():
            if supervised.condition.state is State.READY:
                self._ready_seconds.setdefault(name, round(now, 2))
        self._changed.set()
        try:
            self.run().save(self._data)
        except OSError as error:
            # A full disk: the mesh goes on, only what others read of it is old.
            log.warning("run.json cannot be written", trouble=str(error))
