"""From documents of Docker's API to values."""

from collections.abc import Iterable, Iterator, Sequence

from framemesh.core.resources import Resources
from framemesh.master.fleet.swarm import labels, placement_rules
from framemesh.master.fleet.swarm.swarm_api import Document
from framemesh.master.fleet.swarm.values import SwarmNode, SwarmService, SwarmTask

NANO = 10**9
"""CPUs are counted in billionths of one."""

GPU = "gpu"
"""The kind of generic resource that counts as GPUs."""

_WANTED = frozenset({"ready", "running"})
"""What Docker desires of a task: "ready" is to wait for the delay of a new start."""


def nodes(documents: Sequence[Document]) -> list[SwarmNode]:
    """By name."""
    found = [_node(each) for each in documents]
    return sorted(found, key=lambda node: (node.name, node.id))


def services(documents: Sequence[Document]) -> list[SwarmService]:
    """Those of workers, by name."""
    ordered = sorted(documents, key=lambda each: str(each["Spec"]["Name"]))
    return [found for each in ordered if (found := _service(each)) is not None]


def tasks(documents: Sequence[Document]) -> list[SwarmTask]:
    """In the order in which they were made."""
    return sorted((_task(each) for each in documents), key=lambda task: (task.created, task.id))


def _node(document: Document) -> SwarmNode:
    spec, description = document["Spec"], document.get("Description", {})
    has = description.get("Resources", {})
    state = document.get("Status", {}).get("State", "unknown")
    name = description.get("Hostname", document["ID"])
    return SwarmNode(
        document["ID"],
        name,
        # Right after an election all nodes are "unknown", and their tasks run as before.
        down=state in {"down", "disconnected"},
        availability=spec.get("Availability", "active"),
        ready=state == "ready",
        cpus=has.get("NanoCPUs", 0) / NANO,
        memory_bytes=has.get("MemoryBytes", 0),
        gpus=tuple(_gpus(has.get("GenericResources") or (), name)),
        labels=dict(spec.get("Labels") or {}),
    )


def _service(document: Document) -> SwarmService | None:
    spec = document["Spec"]
    found = spec.get("Labels") or {}
    key = labels.group_of(found)
    if key is None or "Replicated" not in spec["Mode"]:
        return None
    template = spec["TaskTemplate"]
    constraints = (template.get("Placement") or {}).get("Constraints") or ()
    epoch = found.get(labels.EPOCH, "0")
    return SwarmService(
        document["ID"],
        document["Version"]["Index"],
        key,
        int(epoch) if epoch.isdecimal() else 0,
        spec["Mode"]["Replicated"].get("Replicas", 0),
        placement_rules.avoided(constraints),
        (template.get("ContainerSpec") or {}).get("Image", ""),
        _reserved(template),
        placement_rules.node_labels(constraints),
        spec,
    )


def _task(document: Document) -> SwarmTask:
    spec, status = document["Spec"], document["Status"]
    container = spec.get("ContainerSpec") or {}
    return SwarmTask(
        document["ID"],
        document.get("ServiceID", ""),
        document.get("Slot", 0),
        document.get("NodeID", ""),
        status["State"],
        document.get("DesiredState") in _WANTED,
        " ".join(str(status.get("Err", "")).split()),
        document["CreatedAt"],
        labels.group_of(container.get("Labels") or {}),
        _reserved(spec),
        status.get("Timestamp", ""),
    )


def _reserved(template: Document) -> Resources:
    reserved = (template.get("Resources") or {}).get("Reservations") or {}
    return Resources(
        reserved.get("NanoCPUs", 0) / NANO,
        reserved.get("MemoryBytes", 0),
        sum(1 for _ in _gpus(reserved.get("GenericResources") or (), "")),
    )


def _gpus(generic: Iterable[Document], owner: str) -> Iterator[str]:
    for each in generic:
        named, counted = each.get("NamedResourceSpec"), each.get("DiscreteResourceSpec")
        if named and named.get("Kind") == GPU:
            yield named.get("Value", "")
        elif counted and counted.get("Kind") == GPU:
            yield from (f"{owner}-{GPU}-{number}" for number in range(counted.get("Value", 0)))
