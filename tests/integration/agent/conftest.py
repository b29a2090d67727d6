"""A scripted master, and an agent that is connected to it."""

import asyncio
import contextlib
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from framemesh.agent.app import run
from framemesh.agent.settings import AgentSettings
from framemesh.api.master.v1 import node_pb2, node_pb2_grpc
from framemesh.runtime.processes.liveness import LivenessBounds
from framemesh.runtime.processes.ports import free_block
from framemesh.runtime.rpc.server import Service, grpc_server

COMMAND = (sys.executable, str(Path(__file__).with_name("worker_program.py")))

LIVENESS = LivenessBounds(check_seconds=0.3, silent_check_seconds=1.0, silent_seconds=2.5)
"""Shorter than usual, so that a test need not wait for 20 s."""

Condition = Callable[[node_pb2.Node], bool]


def ready(*names: str) -> Condition:
    """Whether exactly these of all workers are ready."""
    return lambda node: (
        {worker.id for worker in node.workers if worker.state == node_pb2.WORKER_STATE_READY}
        == set(names)
    )


class ScriptedMaster(node_pb2_grpc.NodeServiceServicer):
    """Assigns what a test says, and keeps the last report."""

    def __init__(self) -> None:
        self.node = node_pb2.Node()
        self._assignment: node_pb2.ConnectResponse | None = None
        self._changed = asyncio.Condition()
        self._stopping = False

    async def Connect(
        self, request_iterator: AsyncIterator[node_pb2.ConnectRequest], context: object
    ) -> AsyncIterator[node_pb2.ConnectResponse]:
        async with asyncio.TaskGroup() as tasks:
            listening = tasks.create_task(self._listen(request_iterator))
            sent = None
            while not self._stopping:
                while self._assignment is sent and not self._stopping:
                    async with self._changed:
                        await self._changed.wait()
                if self._assignment is not None and self._assignment is not sent:
                    yield (sent := self._assignment)
            listening.cancel()

    async def ListNodes(
        self, request: node_pb2.ListNodesRequest, context: object
    ) -> node_pb2.ListNodesResponse:
        return node_pb2.ListNodesResponse(nodes=[node_pb2.NodeStatus(node=self.node)])

    async def DrainNode(
        self, request: node_pb2.DrainNodeRequest, context: object
    ) -> node_pb2.DrainNodeResponse:
        return node_pb2.DrainNodeResponse()

    async def UncordonNode(
        self, request: node_pb2.UncordonNodeRequest, context: object
    ) -> node_pb2.UncordonNodeResponse:
        return node_pb2.UncordonNodeResponse()

    async def _listen(self, requests: AsyncIterator[node_pb2.ConnectRequest]) -> None:
        async for request in requests:
            async with self._changed:
                self.node = request.node
                self._changed.notify_all()

    async def _stop(self) -> None:
        """End the calls; the server would wait for them."""
        async with self._changed:
            self._stopping = True
            self._changed.notify_all()

    async def assign(self, **revisions: int) -> None:
        """Assign these workers, each with its revision, and no others."""
        async with self._changed:
            self._assignment = node_pb2.ConnectResponse(
                workers=[
                    node_pb2.WorkerAssignment(id=name, pipeline="street", revision=revision)
                    for name, revision in revisions.items()
                ]
            )
            self._changed.notify_all()

    async def reported(self, condition: Condition) -> node_pb2.Node:
        """Wait for a report of which `condition` is true, and return it."""
        async with asyncio.timeout(20), self._changed:
            await self._changed.wait_for(lambda: condition(self.node))
            return self.node

    @asynccontextmanager
    async def listening(self, address: str) -> AsyncIterator[None]:
        service = Service(
            "framemesh.api.master.v1.NodeService",
            lambda to: node_pb2_grpc.add_NodeServiceServicer_to_server(self, to),
        )
        self._stopping = False
        async with grpc_server(address, [service]) as server:
            await server.set_serving(True)
            yield
            await self._stop()


@dataclass(frozen=True)
class Stage:
    """A running agent and its master."""

    master: ScriptedMaster
    settings: AgentSettings
    stop: asyncio.Event
    serving: AsyncExitStack
    """What ends when the master goes away."""

    async def master_goes(self) -> None:
        await self.serving.aclose()

    @staticmethod
    @contextmanager
    def listener(port: int) -> Iterator[None]:
        """Something else on this port."""
        with socket.create_server(("127.0.0.1", port)):
            yield

    async def master_comes(self) -> None:
        await self.serving.enter_async_context(self.master.listening(self.settings.master))


@pytest.fixture
def settings(tmp_path: Path) -> AgentSettings:
    first = free_block(20)
    return AgentSettings(
        node="bench-3",
        master=f"127.0.0.1:{first}",
        listen=f"127.0.0.1:{first + 1}",
        first_port=first + 10,
        data=tmp_path,
    )


@pytest.fixture
async def stage(settings: AgentSettings) -> AsyncIterator[Stage]:
    async with AsyncExitStack() as serving:
        stage = Stage(ScriptedMaster(), settings, asyncio.Event(), serving)
        await stage.master_comes()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(run(settings, stage.stop, COMMAND, LIVENESS))
            yield stage
            stage.stop.set()
    assert not [*workers_left()]


def workers_left() -> Iterator[psutil.Process]:
    """Processes that an agent of these tests started. A mesh of other tests may run beside it."""
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if COMMAND[1] in process.cmdline():
                yield process
