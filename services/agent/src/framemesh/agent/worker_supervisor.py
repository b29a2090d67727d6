"""The workers of this node, brought to what is assigned to it."""

import asyncio
from collections.abc import Callable, Sequence

from framemesh.agent.assignment import WorkerAssignment, WorkerReport
from framemesh.agent.start_slots import StartSlots
from framemesh.agent.worker_env import WorkerEnv
from framemesh.agent.worker_ports import WorkerPorts
from framemesh.agent.worker_process import WorkerProcess
from framemesh.core.clock import Clock
from framemesh.runtime.concurrency.task_group import TaskGroup
from framemesh.runtime.logs import get_logger

log = get_logger()


class WorkerSupervisor:
    """Starts workers that are assigned and missing, stops those that are not assigned.

    `assign` only remembers the assignments; `run` compares them with the workers that there are,
    after every new assignment and after every end of a worker. So assignments that come while
    workers of earlier ones still stop need no care.
    """

    def __init__(
        self,
        *,
        worker_env: WorkerEnv,
        ports: WorkerPorts,
        slots: StartSlots,
        clock: Clock,
        changed: Callable[[], None],
    ) -> None:
        """`changed` is called after every change of what `report` returns."""
        self._worker_env = worker_env
        self._ports = ports
        self._slots = slots
        self._clock = clock
        self._changed = changed
        self._assigned: dict[str, WorkerAssignment] = {}
        self._workers: dict[str, WorkerProcess] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._stopping: set[str] = set()
        """Ids of the workers that were told to stop and still run."""
        self._compare = asyncio.Event()

    def assign(self, assignments: Sequence[WorkerAssignment]) -> None:
        """Have exactly these workers from now on."""
        self._assigned = {assignment.id: assignment for assignment in assignments}
        self._compare.set()

    def report(self) -> tuple[WorkerReport, ...]:
        """All workers that there are, those that stop included."""
        return tuple(worker.report() for worker in self._workers.values())

    async def run(self) -> None:
        """Have the assigned workers until this is cancelled; then none is left."""
        async with TaskGroup() as tasks:
            while True:
                await self._compare.wait()
                self._compare.clear()
                self._stop_unassigned()
                self._start_missing(tasks)
                keep = self._assigned.keys() | self._workers.keys()
                await asyncio.to_thread(self._worker_env.clean, keep)

    def _stop_unassigned(self) -> None:
        for id_, worker in self._workers.items():
            if id_ not in self._stopping and self._assigned.get(id_) != worker.assignment:
                log.info("worker is stopped", worker=id_, replaced=id_ in self._assigned)
                self._stopping.add(id_)
                self._tasks[id_].cancel()

    def _start_missing(self, tasks: TaskGroup) -> None:
        # One that is to be replaced is still there; its end starts another comparison.
        for id_ in self._assigned.keys() - self._workers.keys():
            worker = WorkerProcess(
                self._assigned[id_],
                worker_env=self._worker_env,
                ports=self._ports,
                slots=self._slots,
                clock=self._clock,
                changed=self._changed,
            )
            self._workers[id_] = worker
            self._tasks[id_] = tasks.create_task(self._run_worker(worker))
            self._changed()

    async def _run_worker(self, worker: WorkerProcess) -> None:
        try:
            await worker.run()
        finally:
            id_ = worker.assignment.id
            del self._workers[id_], self._tasks[id_]
            self._stopping.discard(id_)
            self._changed()
            self._compare.set()
