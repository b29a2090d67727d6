"""What runs the workers of a leader that may be killed: it goes on without it."""

import asyncio
import contextlib
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace

from framemesh.core.clock import SystemClock
from framemesh.master.fleet.memory_driver import MemoryDriver, memory_node
from framemesh.master.fleet.node_report import Assignments, NodeReport, WorkerReport
from framemesh.master.fleet.nodes import NodeRegistry, NodeSession
from framemesh.master.fleet.port import FleetDriver, FleetPlan, FleetState, WorkerGroup, WorkerState
from framemesh.master.fleet.process_driver import ProcessDriver

NODES = "east", "west"


class MemoryFleet:
    """One driver for all leaders: it keeps what was applied last, as a swarm does."""

    def __init__(self) -> None:
        self._driver = MemoryDriver(*NODES)

    def driver(self) -> FleetDriver:
        """Of a new leader."""
        return self._driver


class AgentFleet:
    """Agents that keep the assignments of the last leader, and report to the next one."""

    def __init__(self) -> None:
        self._reports = {name: memory_node(name) for name in NODES}

    def driver(self) -> FleetDriver:
        """Of a new leader, to which all agents connect."""
        return _AgentDriver(self._reports)


class _AgentDriver:
    def __init__(self, reports: dict[str, NodeReport]) -> None:
        self._reports = reports
        self._connections = ExitStack()
        registry = NodeRegistry(SystemClock())
        self._sessions: dict[str, NodeSession] = {
            name: self._connections.enter_context(registry.connected(report))
            for name, report in reports.items()
        }
        self._inner = ProcessDriver(registry)

    async def apply(
        self, groups: Sequence[WorkerGroup], cordoned: Collection[str] = (), epoch: int = 0
    ) -> None:
        await self._inner.apply(groups, cordoned, epoch)
        for name, session in self._sessions.items():
            with contextlib.suppress(TimeoutError):
                await self._obey(name, await _assigned(session))

    async def _obey(self, name: str, assignments: Assignments) -> None:
        workers = tuple(
            WorkerReport(each, WorkerState.READY, 1, "", 0, "") for each in assignments.workers
        )
        self._reports[name] = replace(self._reports[name], workers=workers)
        self._sessions[name].report = self._reports[name]

    async def observe(self) -> FleetState:
        return await self._inner.observe()

    async def plan(self, groups: Sequence[WorkerGroup], cordoned: Collection[str]) -> FleetPlan:
        return await self._inner.plan(groups, cordoned)

    async def places(self, group: WorkerGroup, cordoned: Collection[str]) -> Mapping[str, int]:
        return await self._inner.places(group, cordoned)


async def _assigned(session: NodeSession) -> Assignments:
    """What the driver assigned just now.

    Raises:
        TimeoutError: nothing new.
    """
    async with asyncio.timeout(0):
        return await session.next_assignments()


Fleet = MemoryFleet | AgentFleet

FLEETS: dict[str, Callable[[], Fleet]] = {
    "memory": MemoryFleet,
    "agents": AgentFleet,
}
