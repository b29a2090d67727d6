"""From the services that there are to the groups that should be: what to change."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from framemesh.master.fleet.port import WorkerGroup
from framemesh.master.fleet.swarm.values import GroupKey, SwarmService


@dataclass(frozen=True, slots=True)
class Create:
    group: WorkerGroup
    image: str
    avoided: frozenset[str]


@dataclass(frozen=True, slots=True)
class Update:
    """Replicas, image, nodes and epoch of a service; the rest of it is kept."""

    service: SwarmService
    replicas: int
    image: str
    avoided: frozenset[str]


@dataclass(frozen=True, slots=True)
class Remove:
    """Only a service of the leader's own epoch: claiming it comes first."""

    service: SwarmService


Change = Create | Update | Remove


def changes(
    groups: Sequence[WorkerGroup],
    services: Sequence[SwarmService],
    *,
    images: Mapping[GroupKey, str],
    cordoned: Collection[str],
    nodes: Collection[str],
    epoch: int,
) -> Iterator[Change]:
    """What brings the services to the groups; nothing where they are as they should be.

    Every service that there is carries the epoch afterwards, so that an earlier leader, who may
    have been suspended halfway, changes none of them any more. A service that is not wanted is
    emptied in one round and removed in the next: removing it asks for no version, emptying does.

    Args:
        images: of groups; one that has none yet keeps the image of its service, or waits for it.
        nodes: names of those that take workers.
    """
    there = {service.key: service for service in services}
    wanted = {GroupKey.of(each): each for each in groups}
    for key, group in wanted.items():
        avoided = _avoided(group, cordoned, nodes)
        if service := there.get(key):
            yield from _kept(service, group, images.get(key, service.image), avoided, epoch)
        elif key in images:
            yield Create(group, images[key], avoided)
    for key, service in there.items():
        if key not in wanted:
            yield from _emptied(service, epoch)


def _avoided(
    group: WorkerGroup, cordoned: Collection[str], nodes: Collection[str]
) -> frozenset[str]:
    """The swarm chooses among the nodes that a group prefers, as long as one of them is there."""
    preferred = {node for node, _ in group.preferred if node in nodes and node not in cordoned}
    others = {*nodes} - preferred if preferred else set()
    return frozenset(cordoned) | others


def _kept(
    service: SwarmService, group: WorkerGroup, image: str, avoided: frozenset[str], epoch: int
) -> Iterator[Change]:
    if group.stays:
        avoided = service.avoided
    there = (service.replicas, service.image, service.avoided, service.epoch)
    if there != (group.replicas, image, avoided, epoch):
        yield Update(service, group.replicas, image, avoided)


def _emptied(service: SwarmService, epoch: int) -> Iterator[Change]:
    if service.replicas == 0 and service.epoch == epoch:
        yield Remove(service)
    else:
        yield Update(service, 0, service.image, service.avoided)
