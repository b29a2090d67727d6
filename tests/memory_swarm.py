"""A swarm in memory, as documents of Docker's API.

It has the ways of a real one that the driver has to cope with: tests/contract/test_fleet_driver.py
holds both to the same promises. Each look at the tasks moves them on by one step.
"""

import copy
import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from framemesh.master.fleet.swarm.errors import ServiceChanged, SwarmUnavailable
from framemesh.master.fleet.swarm.swarm_api import Document

GIB = 1024**3
NANO = 10**9
KEPT = 5
"""Tasks of a slot that ended and are still listed."""

LARGE = 1024
"""CPUs of a node of which nothing else is said."""

PLACED_AT = "2026-01-01T05:12:04.5Z"
"""When a task came into each of its states after it got a node."""

_STEPS = {"assigned": "preparing", "preparing": "starting", "starting": "running"}
_ENDED = {"failed", "rejected", "shutdown", "complete"}


class MemorySwarm:
    """SwarmApi, and what a test does to the swarm behind it."""

    def __init__(self) -> None:
        self.electing = False
        """Nobody leads: no call is answered."""
        self.broken: set[str] = set()
        """Revisions whose workers fail."""
        self.last_words = "task: non-zero exit (1)"
        """What Docker says of those that fail."""
        self.stuck = ""
        """A state of tasks that they do not leave."""
        self.secrets: dict[str, str] = {}
        self.calls: list[str] = []
        """What was changed, in order."""
        self._nodes: dict[str, dict[str, Any]] = {}
        self._services: dict[str, dict[str, Any]] = {}
        self._tasks: dict[str, dict[str, Any]] = {}
        self._count = itertools.count(1)
        self._seen: Sequence[Document] | None = None

    @contextmanager
    def seen_before(self, services: Sequence[Document]) -> Iterator[None]:
        """As for a master that was suspended after it had listed these."""
        self._seen = services
        yield
        self._seen = None

    def add_node(
        self, name: str, cpus: int = LARGE, gpus: Sequence[str] = (), **labels: str
    ) -> None:
        generic = [{"NamedResourceSpec": {"Kind": "gpu", "Value": each}} for each in gpus]
        has = {"NanoCPUs": cpus * NANO, "MemoryBytes": 64 * GIB, "GenericResources": generic}
        self._nodes[name] = {
            "ID": f"id-{name}",
            "Spec": {"Availability": "active", "Role": "worker", "Labels": labels},
            "Description": {"Hostname": name, "Resources": has},
            "Status": {"State": "ready"},
        }

    def lose_node(self, name: str) -> None:
        """It is killed or cut off: the managers do not know which."""
        self._nodes[name]["Status"]["State"] = "down"

    def set_node(self, name: str, state: str = "ready", availability: str = "active") -> None:
        self._nodes[name]["Status"]["State"] = state
        self._nodes[name]["Spec"]["Availability"] = availability

    async def nodes(self) -> Sequence[Document]:
        self._answer()
        return copy.deepcopy([*self._nodes.values()])

    async def services(self, label: str) -> Sequence[Document]:
        self._answer()
        found = [each for each in self._services.values() if label in each["Spec"]["Labels"]]
        return copy.deepcopy(found if self._seen is None else self._seen)

    async def tasks(self) -> Sequence[Document]:
        self._answer()
        self._step()
        return copy.deepcopy([*self._tasks.values()])

    async def create_service(self, spec: Document) -> None:
        self._answer(f"create {spec['Name']}")
        if any(each["Spec"]["Name"] == spec["Name"] for each in self._services.values()):
            raise ServiceChanged("name conflicts with an existing object")
        id_ = f"service-{next(self._count)}"
        spec = copy.deepcopy(dict(spec))
        self._services[id_] = {"ID": id_, "Version": self._version(), "Spec": spec}

    async def update_service(self, service_id: str, version: int, spec: Document) -> None:
        self._answer(f"update {spec['Name']}")
        service = self._services.get(service_id)
        if service is None or service["Version"]["Index"] != version:
            raise ServiceChanged("update out of sequence")
        service |= {"Version": self._version(), "Spec": copy.deepcopy(dict(spec))}

    async def remove_service(self, service_id: str) -> None:
        self._answer(f"remove {service_id}")
        self._services.pop(service_id, None)

    async def secret_ids(self) -> Mapping[str, str]:
        return self.secrets

    async def config_ids(self) -> Mapping[str, str]:
        return {}

    def _answer(self, change: str = "") -> None:
        if self.electing:
            raise SwarmUnavailable("the swarm does not have a leader")
        if change:
            self.calls.append(change)

    def _version(self) -> dict[str, int]:
        return {"Index": next(self._count)}

    def _step(self) -> None:
        for task in self._tasks.values():
            self._advance(task)
        for service in self._services.values():
            self._fill(service)
        for task in self._tasks.values():
            if task["ServiceID"] not in self._services:
                task["DesiredState"] = "remove"
        self._forget()

    def _advance(self, task: dict[str, Any]) -> None:
        node, status = self._node_of(task), task["Status"]
        if node is not None and node["Status"]["State"] == "down":
            return  # it runs, or not: nobody hears of it
        if task["DesiredState"] in {"shutdown", "remove"}:
            status["State"] = status["State"] if status["State"] in _ENDED else "shutdown"
        elif status["State"] in {"new", "pending"}:
            self._schedule(task)
        elif status["State"] == "starting" and _revision(task) in self.broken:
            status |= {"State": "failed", "Err": self.last_words}
            task["DesiredState"] = "shutdown"
        elif status["State"] in _STEPS and status["State"] != self.stuck:
            status["State"] = _STEPS[status["State"]]

    def _schedule(self, task: dict[str, Any]) -> None:
        fitting = [node for node in self._nodes.values() if self._takes(node, task)]
        if not fitting:
            task["Status"] |= {"State": "pending", "Err": "no suitable node (of any kind)"}
            return
        node = min(fitting, key=lambda each: (len(self._on(each)), each["ID"]))
        task["NodeID"], task["Status"] = (
            node["ID"],
            {"State": "assigned", "Err": "", "Timestamp": PLACED_AT},
        )

    def _takes(self, node: dict[str, Any], task: dict[str, Any]) -> bool:
        if node["Status"]["State"] != "ready" or node["Spec"]["Availability"] != "active":
            return False
        if not _matches(node, task["Spec"]["Placement"]["Constraints"]):
            return False
        asked = task["Spec"]["Resources"]["Reservations"]
        taken = [each["Spec"]["Resources"]["Reservations"] for each in self._on(node)]
        has = node["Description"]["Resources"]
        return all(
            asked[name] + sum(each[name] for each in taken) <= has[name]
            for name in ("NanoCPUs", "MemoryBytes")
        )

    def _fill(self, service: dict[str, Any]) -> None:
        mine = [each for each in self._tasks.values() if each["ServiceID"] == service["ID"]]
        wanted = [each for each in mine if each["DesiredState"] == "running"]
        for task in wanted:
            node = self._node_of(task)
            if node and (node["Status"]["State"] == "down" or _is_drained(node)):
                task["DesiredState"] = "shutdown"
        slots: dict[int, list[dict[str, Any]]] = {}
        for task in wanted:
            if task["DesiredState"] == "running":
                slots.setdefault(task["Slot"], []).append(task)
        count = service["Spec"]["Mode"]["Replicated"]["Replicas"]
        in_order = sorted(slots, key=lambda slot: (not _runs(slots[slot]), slot))
        for slot in in_order[count:]:
            for task in slots[slot]:
                task["DesiredState"] = "remove"
        free = (number for number in itertools.count(1) if number not in slots)
        for _ in range(count - len(in_order)):
            self._new_task(service, next(free))
        for slot in in_order[:count]:
            self._update(service, slots[slot])

    def _update(self, service: dict[str, Any], tasks: list[dict[str, Any]]) -> None:
        """Replace what does not fit the service any more, the successor first."""
        old = [each for each in tasks if self._is_outdated(each, service["Spec"]["TaskTemplate"])]
        new = [each for each in tasks if each not in old]
        if old and not new:
            self._new_task(service, old[0]["Slot"])
        elif _runs(new):
            for task in old:
                task["DesiredState"] = "shutdown"

    def _is_outdated(self, task: dict[str, Any], template: dict[str, Any]) -> bool:
        node = self._node_of(task)
        return task["Spec"]["ContainerSpec"] != template["ContainerSpec"] or (
            node is not None and not _matches(node, template["Placement"]["Constraints"])
        )

    def _new_task(self, service: dict[str, Any], slot: int) -> None:
        number = next(self._count)
        self._tasks[f"task-{number}"] = {
            "ID": f"task-{number}",
            "CreatedAt": f"2030-01-01T00:00:00.{number:09}Z",
            "ServiceID": service["ID"],
            "Slot": slot,
            "NodeID": "",
            "Spec": copy.deepcopy(service["Spec"]["TaskTemplate"]),
            "DesiredState": "running",
            "Status": {"State": "new", "Err": ""},
        }

    def _forget(self) -> None:
        gone = [
            id_
            for id_, each in self._tasks.items()
            if each["DesiredState"] == "remove" and each["Status"]["State"] in _ENDED
        ]
        ended = [id_ for id_, each in self._tasks.items() if each["Status"]["State"] in _ENDED]
        for id_ in {*gone, *ended[:-KEPT]}:
            del self._tasks[id_]

    def _node_of(self, task: dict[str, Any]) -> dict[str, Any] | None:
        return next((each for each in self._nodes.values() if each["ID"] == task["NodeID"]), None)

    def _on(self, node: dict[str, Any]) -> list[dict[str, Any]]:
        return [
            each
            for each in self._tasks.values()
            if each["NodeID"] == node["ID"] and each["Status"]["State"] not in _ENDED
        ]


def _revision(task: dict[str, Any]) -> str:
    revision: str = task["Spec"]["ContainerSpec"]["Labels"]["framemesh.revision"]
    return revision


def _runs(tasks: list[dict[str, Any]]) -> bool:
    return any(each["Status"]["State"] == "running" for each in tasks)


def _is_drained(node: dict[str, Any]) -> bool:
    return bool(node["Spec"]["Availability"] == "drain")


def _matches(node: dict[str, Any], constraints: Sequence[str]) -> bool:
    facts = {"node.hostname": node["Description"]["Hostname"]}
    facts |= {f"node.labels.{name}": value for name, value in node["Spec"]["Labels"].items()}
    for rule in constraints:
        equal = "==" in rule
        name, _, value = rule.partition("==" if equal else "!=")
        if (facts.get(name) == value) is not equal:
            return False
    return True
