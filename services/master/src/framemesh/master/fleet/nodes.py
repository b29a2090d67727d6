"""The nodes whose agents are connected: what they report, and what they are assigned."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from framemesh.core.errors import Code, FramemeshError
from framemesh.master.fleet.port import WorkerState
from framemesh.runtime.logs import get_logger

log = get_logger()

MAX_NODES = 1000
"""Connected at a time. Each keeps a report and a stream; far more than one master is made for."""


class TooManyNodes(FramemeshError):
    """There are as many nodes as a master takes."""

    code = Code.EXHAUSTED


@dataclass(frozen=True, slots=True)
class WorkerReport:
    """A worker as its agent sees it."""

    id: str
    pipeline: str
    state: WorkerState
    pid: int
    address: str
    """host:port of its gRPC server."""
    restarts: int
    trouble: str
    """Why it ended last, in one line; empty if it never did."""
    revision: int
    """Of the pipeline, as assigned."""


@dataclass(frozen=True, slots=True)
class NodeReport:
    """A node as its agent sees it."""

    name: str
    cpus: int
    memory_bytes: int
    cpu_used: float
    """0 to 1, of all CPUs."""
    memory_used_bytes: int
    workers: tuple[WorkerReport, ...]


@dataclass(frozen=True, slots=True)
class WorkerAssignment:
    """A worker that a node should run."""

    id: str
    pipeline: str
    revision: int


class NodeSession:
    """The connection of one agent."""

    def __init__(self, first: NodeReport, workers_changed: asyncio.Event) -> None:
        self._report = first
        self._workers_changed = workers_changed
        self._assignments: tuple[WorkerAssignment, ...] | None = None
        self._assigned = asyncio.Event()

    @property
    def report(self) -> NodeReport:
        """The last one."""
        return self._report

    @report.setter
    def report(self, report: NodeReport) -> None:
        if report.workers != self._report.workers:
            self._workers_changed.set()
        self._report = report

    def assign(self, assignments: tuple[WorkerAssignment, ...]) -> None:
        """Send the assignments to the agent, unless they are those that were sent last."""
        if assignments != self._assignments:
            self._assignments = assignments
            self._assigned.set()

    async def next_assignments(self) -> tuple[WorkerAssignment, ...]:
        """Wait for new assignments; those that were replaced before they were sent are left out."""
        await self._assigned.wait()
        self._assigned.clear()
        return self._assignments or ()


class NodeRegistry:
    """The connected nodes. It holds nothing that is not reported again after a restart."""

    def __init__(self) -> None:
        self._sessions: dict[str, NodeSession] = {}
        self.changed = asyncio.Event()
        """Set when a node came or went, or one of its workers changed."""

    @contextmanager
    def connected(self, first: NodeReport) -> Iterator[NodeSession]:
        """A node is connected for as long as the context lasts.

        Raises:
            TooManyNodes: MAX_NODES others are.
        """
        if len(self._sessions) >= MAX_NODES and first.name not in self._sessions:
            raise TooManyNodes(
                f"{MAX_NODES} nodes are connected, more than that a master does not take: stop the"
                " agents of nodes that are not needed"
            )
        session = NodeSession(first, self.changed)
        # An agent that reconnects is here before its old connection is seen to be dead.
        self._sessions[first.name] = session
        self.changed.set()
        log.info("node connected", node=first.name, cpus=first.cpus)
        try:
            yield session
        finally:
            if self._sessions.get(first.name) is session:
                del self._sessions[first.name]
                log.warning("node disconnected", node=first.name)
            self.changed.set()

    @property
    def reports(self) -> list[NodeReport]:
        """The last report of each node, by name."""
        return [self._sessions[name].report for name in sorted(self._sessions)]

    def assign(self, node: str, assignments: tuple[WorkerAssignment, ...]) -> None:
        """Assign to a node what it should run; nothing if it has disconnected meanwhile."""
        if session := self._sessions.get(node):
            session.assign(assignments)
