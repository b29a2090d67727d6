"""From the services that there are to the groups that should be: what to change."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from framemesh.master.fleet.port import WorkerGroup
from framemesh.master.fleet.swarm.values import GroupKey, SwarmService


@dataclass(frozen=True, slots=True)
class Create:
    group: WorkerGroup
    avoided: frozenset[str]


@dataclass(frozen=True, slots=True)
class Update:
    """Replicas, nodes and epoch of a service; the rest of it is kept."""

    service: SwarmService
    replicas: int
    avoided: frozenset[str]


@dataclass(frozen=True, slots=True)
class Remove:
    """Only a service of the leader's own epoch: claiming it comes first."""

    service: SwarmService


Change = Create | Update | Remove


def changes(
    groups: Sequence[WorkerGroup],
    services: Sequence[SwarmService],
    cordoned: Collection[str],
    epoch: int,
) -> Iterator[Change]:
    """What brings the services to the groups; nothing where they are as they should be.

    Every service that there is carries the epoch afterwards, so that an earlier leader, who may
    have been suspended halfway, changes none of them any more. A service that is not wanted is
    emptied in one round and removed in the next: removing it asks for no version, emptying does.
    """
    there = {service.key: service for service in services}
    wanted = {GroupKey(each.pipeline, each.revision, each.role): each for each in groups}
    for key, group in wanted.items():
        avoided = frozenset(cordoned)
        service = there.get(key)
        if service is None:
            yield Create(group, avoided)
            continue
        if group.stays:
            avoided = service.avoided
        if (service.replicas, service.avoided, service.epoch) != (group.replicas, avoided, epoch):
            yield Update(service, group.replicas, avoided)
    for key, service in there.items():
        if key in wanted:
            continue
        if service.replicas == 0 and service.epoch == epoch:
            yield Remove(service)
        else:
            yield Update(service, 0, service.avoided)
