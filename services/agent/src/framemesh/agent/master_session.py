"""The connection to the master."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import grpc
import grpc.aio

from framemesh.agent.converters import AssignmentRejected, assignments_from_proto, report_to_proto
from framemesh.agent.machine.figures import NodeIdentity
from framemesh.agent.machine.machine import Machine
from framemesh.agent.worker_supervisor import WorkerSupervisor
from framemesh.api.master.v1 import node_pb2, node_pb2_grpc
from framemesh.runtime.concurrency.backoff import Backoff
from framemesh.runtime.concurrency.cancellation import raise_swallowed_cancellation
from framemesh.runtime.logs import get_logger

log = get_logger()

REPORT_SECONDS = 2.0
"""Between two reports when nothing changes: the heartbeat of the node. After five that are missed
the master places its workers elsewhere."""

RECONNECT = Backoff(first_seconds=0.2, max_seconds=5.0)
"""A master that starts again is back in a second; a cluster of agents must not storm it."""

_REFUSALS = (grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.RESOURCE_EXHAUSTED)
"""Another agent has the name of this one, or there are too many. Both may change."""


class MasterSession:
    """Reports the node to the master, and hands the master's assignments to the supervisor."""

    def __init__(
        self,
        *,
        identity: NodeIdentity,
        open_channel: Callable[[], grpc.aio.Channel],
        machine: Machine,
        supervisor: WorkerSupervisor,
        changed: asyncio.Event,
        set_connected: Callable[[bool], Awaitable[None]],
        explain: Callable[[str], Awaitable[str]],
    ) -> None:
        """
        Args:
            open_channel: to the master that leads, for one attempt. A channel does not ask for the
                addresses of a name again while those that it has answer, and they may all be of
                masters that do not lead.
            changed: asks for a report at once.
            set_connected: is called when the connection to the master begins and ends.
            explain: says more of a failure than gRPC does, given its words.
        """
        self._identity = identity
        self._open_channel = open_channel
        self._machine = machine
        self._supervisor = supervisor
        self._changed = changed
        self._set_connected = set_connected
        self._explain = explain
        self._connected = False
        self._failures = 0
        self._told = ""
        """Of the failures since the last connection, the event that was logged."""
        self._epoch = 0
        """Of the last leader that assigned workers."""

    async def run(self) -> None:
        """Stay connected until cancelled. Workers keep running while the master is away."""
        while True:
            self._connected, event = False, "master is away"
            try:
                await self._connect()
                trouble = "it ended the call"
            except grpc.aio.AioRpcError as error:
                trouble = await self._explain(error.details() or error.code().name)
                if error.code() in _REFUSALS:
                    event = "the master refuses this node, will try again"
            except asyncio.CancelledError:
                # gRPC also cancels a call itself, and this with it, when its reports fail.
                raise_swallowed_cancellation()
                trouble = "a report could not be sent"
            await self._set_connected(False)
            if event != self._told:
                log.warning(event, trouble=trouble)
            self._failures, self._told = self._failures + 1, event
            await asyncio.sleep(RECONNECT.pause(self._failures))

    async def _connect(self) -> None:
        """One call, until it ends.

        Raises:
            grpc.aio.AioRpcError: it broke off.
        """
        async with self._open_channel() as channel:
            call = node_pb2_grpc.NodeServiceStub(channel).Connect(self._reports())
            try:
                async for response in call:
                    await self._note_connected()
                    self._assign(response)
            finally:
                call.cancel()

    def _assign(self, response: node_pb2.ConnectResponse) -> None:
        if response.epoch < self._epoch:
            log.warning("assignments of an earlier leader are ignored", epoch=response.epoch)
            return
        self._epoch = response.epoch
        try:
            assignments = assignments_from_proto(response)
        except AssignmentRejected as error:
            log.error("assignments refused, the last ones stay", trouble=str(error))
            return
        log.info("workers assigned", workers=[assignment.id for assignment in assignments])
        self._supervisor.assign(assignments)

    async def _reports(self) -> AsyncIterator[node_pb2.ConnectRequest]:
        yield self._report()
        # The connection takes the first one also of an agent that the master refuses.
        here_from = asyncio.get_running_loop().time() + REPORT_SECONDS
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(REPORT_SECONDS):
                    await self._changed.wait()
            if asyncio.get_running_loop().time() >= here_from:
                await self._note_connected()
            yield self._report()

    async def _note_connected(self) -> None:
        """The master answered, or has not refused this node for as long as that takes."""
        if not self._connected:
            log.info("master connected")
            self._connected, self._failures, self._told = True, 0, ""
            await self._set_connected(True)

    def _report(self) -> node_pb2.ConnectRequest:
        self._changed.clear()
        return report_to_proto(self._identity, self._machine.figures, self._supervisor.report())
