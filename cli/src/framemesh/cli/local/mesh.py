"""All programs of a mesh, kept running by this process."""

import asyncio
import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from framemesh.cli.local.orphans import orphan_mark
from framemesh.cli.local.ports import Ports
from framemesh.cli.local.program import Program, shutdown_waves
from framemesh.cli.local.run_state import ProgramStatus, RunState
from framemesh.cli.local.startup_check import START_TIMEOUT_SECONDS, check, startup_timeout
from framemesh.core.clock import Clock
from framemesh.runtime.concurrency.task_group import TaskGroup
from framemesh.runtime.logs import get_logger
from framemesh.runtime.processes.child import Child
from framemesh.runtime.processes.supervision import State, SupervisedProcess

log = get_logger()


class Mesh:
    """Supervises the programs, and writes their state to run.json."""

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
        self._save_state()
        async with TaskGroup() as tasks:
            running = {
                name: tasks.create_task(supervised.run())
                for name, supervised in self._supervised.items()
            }
            try:
                await asyncio.Event().wait()
            finally:
                for wave in shutdown_waves(self._programs):
                    stopping = [running[program.name] for program in wave]
                    for task in stopping:
                        task.cancel()
                    await asyncio.wait(stopping)

    async def until_ready(self, show: Callable[[RunState], None]) -> RunState:
        """Wait until all programs are healthy. `show` is called at every change.

        Raises:
            StartFailed: one of them ended, or was not ready in time.
        """
        try:
            async with asyncio.timeout(START_TIMEOUT_SECONDS):
                while not check(run := self.run()).ready:
                    show(run)
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError as error:
            raise startup_timeout(self.run()) from error
        show(run)
        return run

    def pid(self, name: str) -> int:
        """Of a program; 0 while it has no process."""
        return self._supervised[name].status.pid

    def run(self) -> RunState:
        """The state of all programs now."""
        return RunState(
            pid=os.getpid(),
            nats=f"{self._nats_scheme}://{self._ports.nats}",
            ingest=self._ports.ingest,
            master=self._ports.master,
            monitor=self._ports.monitor,
            programs=tuple(map(self._status, self._programs)),
            dashboard=f"http://{self._ports.dashboard}/",
        )

    @property
    def _nats_scheme(self) -> str:
        told = (program.environment.get("FRAMEMESH_NATS", "") for program in self._programs)
        return "tls" if any(url.startswith("tls://") for url in told) else "nats"

    def _supervise(self, program: Program) -> SupervisedProcess:
        return SupervisedProcess(
            program.name,
            start=partial(
                Child.start,
                program.command,
                name=program.name,
                log=self._log(program),
                environment={**program.environment, **orphan_mark(self._data)},
            ),
            check=partial(program.check, program.address),
            changed=self._save_state,
            find_problem=program.find_problem,
            grace_seconds=program.grace_seconds,
            liveness=program.liveness,
            clock=self._clock,
        )

    def _status(self, program: Program) -> ProgramStatus:
        status = self._supervised[program.name].status
        return ProgramStatus(
            name=program.name,
            address=program.address,
            log=str(self._log(program)),
            state=status.state,
            pid=status.pid,
            restarts=status.restarts,
            trouble=status.trouble,
            ready_seconds=self._ready_seconds.get(program.name),
        )

    def _log(self, program: Program) -> Path:
        return self._data / "logs" / f"{program.name}.log"

    def _save_state(self) -> None:
        now = self._clock.monotonic() - self._began
        for name, supervised in self._supervised.items():
            if supervised.status.state is State.READY:
                self._ready_seconds.setdefault(name, round(now, 2))
        self._changed.set()
        try:
            self.run().save(self._data)
        except OSError as error:
            # A full disk: the mesh goes on, and others read an old state.
            log.warning("run.json cannot be written", trouble=str(error))
