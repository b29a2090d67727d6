"""The nodes whose agents are connected: what they report, and what they are assigned."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from framemesh.core.clock import Clock
from framemesh.core.errors import Code, FramemeshError
from framemesh.master.fleet.node_report import Assignments, NodeReport
from framemesh.runtime.logs import get_logger

log = get_logger()

MAX_NODES = 1000
"""Connected at a time. Each keeps a report and a stream; far more than one master is made for."""

NODE_TTL_SECONDS = 10.0
"""A node that does not report for so long is away: five reports, an agent sends one every 2 s. A
cut connection would be noticed 10 s later, and an agent that hangs with an open one never."""

LOST_KEPT_SECONDS = 3600.0
"""A node that went without a word is listed for so long."""


class TooManyNodes(FramemeshError):
    """There are as many nodes as a master takes."""

    code = Code.EXHAUSTED


class NodeNameTaken(FramemeshError):
    """Another agent reports under the name of a node."""

    code = Code.CONFLICT


class NodeSession:
    """The connection of one agent."""

    def __init__(self, first: NodeReport, workers_changed: asyncio.Event, clock: Clock) -> None:
        self._report = first
        self._workers_changed = workers_changed
        self._clock = clock
        self.reported_at = clock.monotonic()
        self._assignments: Assignments | None = None
        self._assigned = asyncio.Event()

    @property
    def report(self) -> NodeReport:
        """The last one."""
        return self._report

    @report.setter
    def report(self, report: NodeReport) -> None:
        if report.workers != self._report.workers or self.silent:
            self._workers_changed.set()
        self._report = report
        self.reported_at = self._clock.monotonic()

    @property
    def silent(self) -> bool:
        """Whether the last report is too old."""
        return self._clock.monotonic() - self.reported_at > NODE_TTL_SECONDS

    def assign(self, assignments: Assignments) -> None:
        """Send the assignments to the agent, unless they are those that were sent last."""
        if assignments != self._assignments:
            self._assignments = assignments
            self._assigned.set()

    async def next_assignments(self) -> Assignments:
        """Wait for new assignments; those that were replaced before they were sent are left out."""
        await self._assigned.wait()
        self._assigned.clear()
        return self._assignments or Assignments(())


class NodeRegistry:
    """The connected nodes. It holds nothing that is not reported again after a restart."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sessions: dict[str, NodeSession] = {}
        self._lost: dict[str, NodeSession] = {}
        self.changed = asyncio.Event()
        """Set when a node came or went, or one of its workers changed."""

    @contextmanager
    def connected(self, first: NodeReport) -> Iterator[NodeSession]:
        """A node is connected for as long as the context lasts.

        Raises:
            TooManyNodes: MAX_NODES others are.
            NodeNameTaken: an agent that reports is of the same name.
        """
        self._check(first)
        session = NodeSession(first, self.changed, self._clock)
        # An agent that reconnects is here before its old connection is seen to be dead.
        self._sessions[first.name] = session
        self._lost.pop(first.name, None)
        self.changed.set()
        log.info("node connected", node=first.name, cpus=first.cpus)
        try:
            yield session
        finally:
            if self._sessions.get(first.name) is session:
                del self._sessions[first.name]
                self._keep_lost(session)
                log.warning("node disconnected", node=first.name)
            self.changed.set()

    @property
    def reports(self) -> list[NodeReport]:
        """The last report of each node that is here, by name."""
        return [
            self._sessions[name].report
            for name in sorted(self._sessions)
            if not self._sessions[name].silent
        ]

    @property
    def away(self) -> list[NodeReport]:
        """The last report of each node that does not report any more, by name."""
        here = {report.name for report in self.reports}
        gone = {
            name: session
            for name, session in (self._lost | self._sessions).items()
            if name not in here
            and self._clock.monotonic() - session.reported_at < LOST_KEPT_SECONDS
        }
        return [gone[name].report for name in sorted(gone)]

    def assign(self, node: str, assignments: Assignments) -> None:
        """Assign to a node what it should run; nothing if it has disconnected meanwhile."""
        if session := self._sessions.get(node):
            session.assign(assignments)

    def _check(self, first: NodeReport) -> None:
        there = self._sessions.get(first.name)
        if there is None:
            if len(self._sessions) >= MAX_NODES:
                raise TooManyNodes(
                    f"{MAX_NODES} nodes are connected, more than that a master does not take: stop"
                    " the agents of nodes that are not needed"
                )
        elif there.report.agent_id != first.agent_id and not there.silent:
            raise NodeNameTaken(
                f"another agent reports as node {first.name!r}: give one of them another name with"
                " FRAMEMESH_AGENT_NODE"
            )

    def _keep_lost(self, session: NodeSession) -> None:
        self._lost[session.report.name] = session
        while len(self._lost) > MAX_NODES:
            del self._lost[next(iter(self._lost))]
