"""The nodes whose agents attend: what they report, and what they are told."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum

from framemesh.runtime.logs import get_logger

log = get_logger()


class WorkerState(Enum):
    STARTING = "starting"
    READY = "ready"
    FAILED = "failed"
    STOPPING = "stopping"


@dataclass(frozen=True, slots=True)
class WorkerReport:
    """A worker as its agent sees it."""

    id: str
    pipeline: str
    state: WorkerState
    pid: int
    address: str
    restarts: int
    trouble: str


@dataclass(frozen=True, slots=True)
class NodeReport:
    """A node as its agent sees it."""

    name: str
    cpus: int
    memory_bytes: int
    cpu_used: float
    memory_used_bytes: int
    workers: tuple[WorkerReport, ...]


@dataclass(frozen=True, slots=True)
class WorkerAssignment:
    """A worker that a node should run."""

    id: str
    pipeline: str
    revision: int


class NodeSession:
    """The place of one attending agent."""

    def __init__(self, report: NodeReport) -> None:
        self.report = report
        """The last one."""
        self._assignments: tuple[WorkerAssignment, ...] | None = None
        self._changed = asyncio.Event()

    def assign(self, assignments: tuple[WorkerAssignment, ...]) -> None:
        """Tell the agent, unless it was told the same last."""
        if assignments != self._assignments:
            self._assignments = assignments
            self._changed.set()

    async def next_assignments(self) -> tuple[WorkerAssignment, ...]:
        """Wait for orders that are new; what was overtaken by newer ones is left out."""
        await self._changed.wait()
        self._changed.clear()
        return self._assignments or ()


class NodeRegistry:
    """The attending nodes. It holds nothing that is not reported anew after a restart."""

    def __init__(self) -> None:
        self._seats: dict[str, NodeSession] = {}
        self.changed = asyncio.Event()
        """Set when a node came or went."""

    @contextmanager
    def connected(self, first: NodeReport) -> Iterator[NodeSession]:
        """A node attends for as long as the context lasts."""
        session = NodeSession(first)
        # An agent that reconnects is here before its old connection is seen to be dead.
        self._seats[first.name] = session
        self.changed.set()
        log.info("node attends", node=first.name, cpus=first.cpus)
        try:
            yield session
        finally:
            if self._seats.get(first.name) is session:
                del self._seats[first.name]
                log.warning("node left", node=first.name)
            self.changed.set()

    @property
    def reports(self) -> list[NodeReport]:
        """The last report of each node, by name."""
        return [self._seats[name].report for name in sorted(self._seats)]

    def workers(self, pipeline: str) -> Sequence[WorkerReport]:
        """The workers of a pipeline on all nodes."""
        return [w for node in self.reports for w in node.workers if w.pipeline == pipeline]

    def assign(self, node: str, assignments: tuple[WorkerAssignment, ...]) -> None:
        """Tell a node what it should run; one that left meanwhile is told nothing."""
        if session := self._seats.get(node):
            session.assign(assignments)
