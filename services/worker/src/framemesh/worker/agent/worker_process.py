"""One worker of this node."""

from collections.abc import Callable

from framemesh.core.clock import Clock
from framemesh.runtime.processes.child import Child
from framemesh.runtime.processes.supervision import Supervised
from framemesh.runtime.rpc.health import grpc_serving
from framemesh.worker.agent.report import WorkerOrder, WorkerReport
from framemesh.worker.agent.worker_ports import WorkerPorts
from framemesh.worker.agent.workplace import Workplace
from framemesh.worker.allocator import MALLOC


class WorkerProcess:
    """A worker process that is kept running as ordered, on a port of its own."""

    def __init__(
        self,
        order: WorkerOrder,
        workplace: Workplace,
        ports: WorkerPorts,
        clock: Clock,
        changed: Callable[[], None],
    ) -> None:
        self.order = order
        self._workplace = workplace
        self._ports = ports
        self._port: int | None = None
        self._supervised = Supervised(
            order.id, start=self._start, ready=self._serving, changed=changed, clock=clock
        )

    async def run(self) -> None:
        """Keep the worker running until this is cancelled; it is gone when this ends."""
        try:
            await self._supervised.run()
        finally:
            self._leave_port()

    def report(self) -> WorkerReport:
        return WorkerReport(
            self.order.id, self.order.pipeline, self._address, self._supervised.condition
        )

    @property
    def _address(self) -> str:
        return "" if self._port is None else f"127.0.0.1:{self._port}"

    async def _start(self) -> Child:
        # A port anew for every life: the last one may have gone to another process meanwhile.
        self._leave_port()
        self._port = self._ports.take()
        return await Child.start(
            self._workplace.command,
            name=self.order.id,
            log=self._workplace.log(self.order.id),
            environment=self._environment(),
        )

    async def _serving(self) -> bool:
        return await grpc_serving(self._address)

    def _leave_port(self) -> None:
        if self._port is not None:
            self._ports.give_back(self._port)
            self._port = None

    def _environment(self) -> dict[str, str]:
        return {
            **MALLOC,
            "FRAMEMESH_WORKER_ID": self.order.id,
            "FRAMEMESH_WORKER_PIPELINE": self.order.pipeline,
            "FRAMEMESH_WORKER_REVISION": str(self.order.revision),
            "FRAMEMESH_WORKER_MASTER": self._workplace.master,
            "FRAMEMESH_WORKER_LISTEN": self._address,
            "FRAMEMESH_WORKER_DATA": str(self._workplace.folder(self.order.id)),
        }
