"""What monitor and master are asked for the screen, and what they answered last."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Generic, NoReturn, Protocol, TypeVar

import grpc
import grpc.aio

from framemesh.api.master.v1 import (
    node_pb2,
    node_pb2_grpc,
    pipeline_pb2,
    pipeline_pb2_grpc,
    sink_pb2,
    sink_pb2_grpc,
)
from framemesh.api.monitor.v1 import monitor_pb2, monitor_pb2_grpc
from framemesh.cli.common.calls import MASTER, MESSAGE_BYTES, named
from framemesh.cli.common.connecting import connect_options
from framemesh.core.clock import Clock
from framemesh.runtime.rpc.channel import channel, leader_channel

REFRESH_SECONDS = 1.0
"""Between two questions; the monitor's rates are means over 10 seconds."""

ANSWER_SECONDS = 3.0
"""For an answer. A service on this machine needs milliseconds."""


@dataclass(frozen=True, slots=True)
class MasterAnswer:
    """What should run, and where it runs."""

    pipelines: tuple[pipeline_pb2.Pipeline, ...] = ()
    nodes: tuple[node_pb2.NodeStatus, ...] = ()
    sinks: tuple[sink_pb2.Sink, ...] = ()


@dataclass(frozen=True, slots=True)
class MonitorAnswer:
    """What became of the frames."""

    pipelines: tuple[monitor_pb2.PipelineStatus, ...] = ()


class Mesh(Protocol):
    """Answers for a whole mesh. `monitor` and `master` raise grpc.RpcError."""

    async def monitor(self) -> MonitorAnswer: ...

    async def master(self) -> MasterAnswer: ...

    async def close(self) -> None: ...


class RemoteMesh:
    """The mesh at two addresses. Must be made in a running event loop, and closed in it."""

    def __init__(self, master: str, monitor: str) -> None:
        """`master` may be several host:port with commas: the one that leads answers."""
        options = connect_options()
        self._monitor_channel = channel(monitor, options, max_message_bytes=MESSAGE_BYTES)
        self._master_channel = leader_channel(
            master, MASTER, options, max_message_bytes=MESSAGE_BYTES
        )
        self._monitor = monitor_pb2_grpc.MonitorServiceStub(self._monitor_channel)
        self._pipelines = pipeline_pb2_grpc.PipelineServiceStub(self._master_channel)
        self._nodes = node_pb2_grpc.NodeServiceStub(self._master_channel)
        self._sinks = sink_pb2_grpc.SinkServiceStub(self._master_channel)

    async def monitor(self) -> MonitorAnswer:
        answer = await self._monitor.GetStatus(
            monitor_pb2.GetStatusRequest(), timeout=ANSWER_SECONDS
        )
        return MonitorAnswer(tuple(answer.pipelines))

    async def master(self) -> MasterAnswer:
        pipelines = await self._pipelines.ListPipelines(
            pipeline_pb2.ListPipelinesRequest(), timeout=ANSWER_SECONDS
        )
        nodes = await self._nodes.ListNodes(node_pb2.ListNodesRequest(), timeout=ANSWER_SECONDS)
        return MasterAnswer(
            tuple(pipelines.pipelines), tuple(nodes.nodes), await self._listed_sinks()
        )

    async def _listed_sinks(self) -> tuple[sink_pb2.Sink, ...]:
        try:
            listed = await self._sinks.ListSinks(
                sink_pb2.ListSinksRequest(), timeout=ANSWER_SECONDS
            )
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.UNIMPLEMENTED:
                raise
            return ()  # an earlier master knows none
        return tuple(listed.sinks)

    async def close(self) -> None:
        await self._monitor_channel.close()
        await self._master_channel.close()


A = TypeVar("A")


@dataclass(slots=True)
class LastAnswer(Generic[A]):
    """What one of them said last, and since when it has said nothing."""

    address: str
    clock: Clock
    value: A | None = None
    at: float = field(init=False)
    """Of the last answer, or of the first question; by the monotonic clock."""
    trouble: str = ""
    """Why there was no answer to the last question, in one line; empty if there was one."""

    def __post_init__(self) -> None:
        self.at = self.clock.monotonic()

    @property
    def silent_seconds(self) -> float:
        """Since the last answer."""
        return self.clock.monotonic() - self.at

    async def keep_asking(
        self, ask: Callable[[], Awaitable[A]], changed: Callable[[], None]
    ) -> NoReturn:
        """Ask again and again; `changed` is called after each answer, and after none."""
        while True:
            try:
                self.value = await ask()
                self.at, self.trouble = self.clock.monotonic(), ""
            except grpc.RpcError as error:
                self.trouble = str(named(error, self.address))
            changed()
            await asyncio.sleep(REFRESH_SECONDS)
