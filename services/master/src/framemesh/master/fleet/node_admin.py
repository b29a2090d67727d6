"""What a person can do with nodes: look at them, drain them, have them back."""

from dataclasses import dataclass, replace
from enum import Enum

from framemesh.core.errors import Code, FramemeshError
from framemesh.core.resources import NO_RESOURCES, Resources
from framemesh.master.fleet.cordons import CordonStore
from framemesh.master.fleet.node_report import NodeReport, WorkerAssignment, WorkerReport
from framemesh.master.fleet.nodes import NodeRegistry
from framemesh.master.fleet.port import FleetDriver, FleetState, Replica
from framemesh.runtime.logs import get_logger

log = get_logger()


class NodeUnknown(FramemeshError):
    """No node has this name."""

    code = Code.NOT_FOUND


class NodeState(Enum):
    READY = "ready"
    DRAINING = "draining"
    """No worker is placed there, and those that it has get successors elsewhere."""
    DRAINED = "drained"
    AWAY = "away"
    """Its agent does not report."""


@dataclass(frozen=True, slots=True)
class NodeStatus:
    report: NodeReport
    """The last one; of a node that this master has not seen, only the name."""
    state: NodeState
    reserved: Resources
    """For the workers that it has."""


class NodeAdmin:
    """`drain` and `uncordon` raise BrokerUnavailable when the broker does not answer in time."""

    def __init__(self, nodes: NodeRegistry, cordons: CordonStore, fleet: FleetDriver) -> None:
        self._nodes = nodes
        self._cordons = cordons
        self._fleet = fleet

    async def list(self) -> list[NodeStatus]:
        """Every node that is here, was here in the last hour, or is drained; by name.

        Raises:
            FramemeshError: the fleet cannot be observed.
        """
        state = await self._fleet.observe()
        here = {each.name: self._here(_with_workers(each, state)) for each in self._nodes.reports}
        away = {each.name: _away(each) for each in self._nodes.away}
        drained = {name: _away(_only_name(name)) for name in self._cordons.names}
        found = drained | away | here
        return [found[name] for name in sorted(found)]

    async def drain(self, name: str) -> None:
        """Move the workers of a node to others, and place none there.

        Raises:
            NodeUnknown: no node has this name.
        """
        self._check(name)
        await self._cordons.add(name)
        self._nodes.changed.set()
        log.info("node is drained", node=name)

    async def uncordon(self, name: str) -> None:
        """Place workers on a node again.

        Raises:
            NodeUnknown: no node has this name.
        """
        self._check(name)
        await self._cordons.remove(name)
        self._nodes.changed.set()
        log.info("node is no longer drained", node=name)

    def _check(self, name: str) -> None:
        reports = (*self._nodes.reports, *self._nodes.away)
        if name not in {*(report.name for report in reports), *self._cordons.names}:
            raise NodeUnknown(f"no node is named {name!r}: `framemesh node list` shows them")

    def _here(self, report: NodeReport) -> NodeStatus:
        state = NodeState.READY
        if report.name in self._cordons.names:
            state = NodeState.DRAINING if report.workers else NodeState.DRAINED
        reserved = sum((each.assignment.resources for each in report.workers), NO_RESOURCES)
        return NodeStatus(report, state, reserved)


def _with_workers(report: NodeReport, state: FleetState) -> NodeReport:
    """With the workers that its agent does not run, and so does not report."""
    if report.workers:
        return report
    there = [each for each in state.replicas if each.node == report.name]
    return replace(report, workers=tuple(map(_worker, there)))


def _worker(replica: Replica) -> WorkerReport:
    return WorkerReport(
        WorkerAssignment(
            replica.id,
            replica.pipeline,
            replica.revision,
            replica.resources,
            role=replica.role,
        ),
        replica.state,
        pid=0,
        address="",
        restarts=replica.restarts,
        trouble=replica.problem,
    )


def _away(report: NodeReport) -> NodeStatus:
    return NodeStatus(report, NodeState.AWAY, NO_RESOURCES)


def _only_name(name: str) -> NodeReport:
    return NodeReport(name, 0, 0, 0.0, 0, ())
