"""One worker of this node."""

from collections.abc import Callable

from framemesh.agent.assignment import WorkerAssignment, WorkerReport
from framemesh.agent.start_slots import StartSlot, StartSlots
from framemesh.agent.worker_env import WorkerEnv
from framemesh.agent.worker_ports import WorkerPorts
from framemesh.core.clock import Clock
from framemesh.runtime.processes.arithmetic import ONE_THREAD
from framemesh.runtime.processes.child import Child
from framemesh.runtime.processes.health import Health
from framemesh.runtime.processes.malloc import MALLOC
from framemesh.runtime.processes.supervision import State, SupervisedProcess
from framemesh.runtime.rpc.health import grpc_health

SLOW_START_SECONDS = 5.0
"""A worker with its Triton takes 3 s. Later than this its pipeline says what it is about."""


class WorkerProcess:
    """A worker process that is kept running, on a port of its own."""

    def __init__(
        self,
        assignment: WorkerAssignment,
        *,
        worker_env: WorkerEnv,
        ports: WorkerPorts,
        slots: StartSlots,
        clock: Clock,
        changed: Callable[[], None],
    ) -> None:
        self.assignment = assignment
        self._worker_env = worker_env
        self._ports = ports
        self._port: int | None = None
        self._slots = slots
        self._slot: StartSlot | None = None
        self._changed = changed
        self._supervised = SupervisedProcess(
            assignment.id,
            start=self._start,
            check=self._check,
            changed=self._status_changed,
            liveness=worker_env.liveness,
            slow_start_seconds=SLOW_START_SECONDS,
            clock=clock,
        )

    async def run(self) -> None:
        """Keep the worker running until this is cancelled; it is gone when this ends."""
        try:
            await self._supervised.run()
        finally:
            self._give_back_slot()
            self._give_back_port()

    def report(self) -> WorkerReport:
        return WorkerReport(
            assignment=self.assignment,
            address=self._address,
            status=self._supervised.status,
        )

    @property
    def _address(self) -> str:
        return "" if self._port is None else f"127.0.0.1:{self._port}"

    async def _start(self) -> Child:
        self._give_back_slot()
        self._slot = await self._slots.take()
        # A new port for every start: another process may have taken the last one meanwhile.
        self._give_back_port()
        self._port = self._ports.take()
        return await Child.start(
            self._worker_env.command,
            name=self.assignment.id,
            log=self._worker_env.log(self.assignment.id),
            environment=self._environment(),
        )

    async def _check(self, timeout_seconds: float) -> Health:
        return await grpc_health(self._address, timeout_seconds, self._worker_env.connect)

    def _status_changed(self) -> None:
        if self._supervised.status.state is not State.STARTING:
            self._give_back_slot()
        self._changed()

    def _give_back_slot(self) -> None:
        if self._slot is not None:
            self._slot.give_back()
            self._slot = None

    def _give_back_port(self) -> None:
        if self._port is not None:
            self._ports.give_back(self._port)
            self._port = None

    def _environment(self) -> dict[str, str]:
        return {
            **MALLOC,
            **ONE_THREAD,
            **_visible_gpus(self.assignment.gpus),
            "FRAMEMESH_WORKER_ID": self.assignment.id,
            "FRAMEMESH_WORKER_PIPELINE": self.assignment.pipeline,
            "FRAMEMESH_WORKER_REVISION": str(self.assignment.revision),
            "FRAMEMESH_WORKER_ROLE": self.assignment.role.value,
            "FRAMEMESH_WORKER_MASTER": self._worker_env.master,
            "FRAMEMESH_WORKER_LISTEN": self._address,
            "FRAMEMESH_WORKER_METRICS": self._worker_env.metrics(self._port or 0),
            "FRAMEMESH_WORKER_MODEL_CACHE": str(self._worker_env.model_cache),
            "FRAMEMESH_WORKER_DATA": str(self._worker_env.folder(self.assignment.id)),
        }


def _visible_gpus(uuids: tuple[str, ...]) -> dict[str, str]:
    """Nothing where no GPU is reserved: a pipeline that asks for none takes what it finds."""
    return {"CUDA_VISIBLE_DEVICES": ",".join(uuids)} if uuids else {}
