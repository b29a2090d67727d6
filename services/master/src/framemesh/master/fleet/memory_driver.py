"""A fleet in memory, for tests: workers are ready at once, or never."""

from collections.abc import Sequence
from dataclasses import replace

from framemesh.master.fleet.port import FleetState, Replica, WorkerGroup, WorkerState


class MemoryDriver:
    """Workers on nodes that are names."""

    def __init__(self, *nodes: str) -> None:
        self.nodes = list(nodes)
        """A test adds and removes some."""
        self.broken: set[int] = set()
        """Revisions whose workers fail."""
        self.silent: set[int] = set()
        """Revisions whose workers start and do not become ready."""
        self._groups: tuple[WorkerGroup, ...] = ()
        self._replicas: dict[str, Replica] = {}

    async def apply(self, groups: Sequence[WorkerGroup]) -> None:
        self._groups = tuple(groups)
        self._converge()

    async def observe(self) -> FleetState:
        self._converge()
        problem = "" if self.nodes else "there are no nodes"
        return FleetState(tuple(self._replicas.values()), problem)

    def _converge(self) -> None:
        there = {id_: each for id_, each in self._replicas.items() if each.node in self.nodes}
        self._replicas = {}
        for group in self._groups if self.nodes else ():
            self._run(group, there)

    def _run(self, group: WorkerGroup, there: dict[str, Replica]) -> None:
        prefix = f"{group.pipeline}-{group.role.value}-{group.revision}-"
        ids = [f"{prefix}{number}" for number in range(group.replicas + len(there))]
        ready = {id_ for id_ in ids if id_ in there and there[id_].ready}
        chosen = sorted(ids, key=lambda id_: (id_ not in ready, id_ not in there))
        for id_ in chosen[: group.replicas]:
            self._replicas[id_] = self._now(there.get(id_) or self._started(id_, group))

    def _started(self, id_: str, group: WorkerGroup) -> Replica:
        busy = [replica.node for replica in self._replicas.values()]
        node = min(self.nodes, key=busy.count)
        return Replica(
            id_, group.pipeline, group.revision, node, WorkerState.STARTING, role=group.role
        )

    def _now(self, replica: Replica) -> Replica:
        if replica.revision in self.broken:
            return replace(replica, state=WorkerState.FAILED, problem="it is broken")
        if replica.revision in self.silent:
            return replace(replica, state=WorkerState.STARTING)
        return replace(replica, state=WorkerState.READY, problem="")
