"""The workers of this node, brought to what was ordered."""

import asyncio
from collections.abc import Callable, Sequence

from framemesh.agent.assignment import WorkerAssignment, WorkerReport
from framemesh.agent.worker_env import WorkerEnv
from framemesh.agent.worker_ports import WorkerPorts
from framemesh.agent.worker_process import WorkerProcess
from framemesh.core.clock import Clock
from framemesh.runtime.logs import get_logger

log = get_logger()


class WorkerSupervisor:
    """Starts what is ordered and missing, stops what is there and not ordered.

    An order is the whole truth and is only remembered here; `run` compares it with what there is,
    after every order and after every end of a worker. So an order that comes while workers of the
    one before still stop needs no care.
    """

    def __init__(
        self, worker_env: WorkerEnv, ports: WorkerPorts, clock: Clock, changed: Callable[[], None]
    ) -> None:
        """`changed` is called after every change of what `report` returns."""
        self._worker_env = worker_env
        self._ports = ports
        self._clock = clock
        self._changed = changed
        self._assigned: dict[str, WorkerAssignment] = {}
        self._workers: dict[str, WorkerProcess] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._leaving: set[str] = set()
        """Who was told to stop, and still does."""
        self._look = asyncio.Event()

    def assign(self, assignments: Sequence[WorkerAssignment]) -> None:
        """Have exactly these workers from now on."""
        self._assigned = {assignment.id: assignment for assignment in assignments}
        self._look.set()

    def report(self) -> tuple[WorkerReport, ...]:
        """All workers that there are, those that stop included."""
        return tuple(worker.report() for worker in self._workers.values())

    async def run(self) -> None:
        """Have the workers that were ordered, until this is cancelled; then none is left."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                await self._look.wait()
                self._look.clear()
                self._stop_what_is_not_ordered()
                self._start_what_is_missing(tasks)
                keep = self._assigned.keys() | self._workers.keys()
                await asyncio.to_thread(self._worker_env.clear, keep)

    def _stop_what_is_not_ordered(self) -> None:
        for id_, worker in self._workers.items():
            if id_ not in self._leaving and self._assigned.get(id_) != worker.assignment:
                log.info("worker is told to stop", worker=id_, assigned=id_ in self._assigned)
                self._leaving.add(id_)
                self._tasks[id_].cancel()

    def _start_what_is_missing(self, tasks: asyncio.TaskGroup) -> None:
        # One that is to be replaced still has its place; its end calls us again.
        for id_ in self._assigned.keys() - self._workers.keys():
            assignment = self._assigned[id_]
            worker = WorkerProcess(
                assignment, self._worker_env, self._ports, self._clock, self._changed
            )
            self._workers[id_] = worker
            self._tasks[id_] = tasks.create_task(self._employ(worker))
            self._changed()

    async def _employ(self, worker: WorkerProcess) -> None:
        try:
            await worker.run()
        finally:
            for place in (self._workers, self._tasks):
                place.pop(worker.assignment.id)
            self._leaving.discard(worker.assignment.id)
            self._changed()
            self._look.set()
