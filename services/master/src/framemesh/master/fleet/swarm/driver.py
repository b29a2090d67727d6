"""The driver that runs workers as services of Docker Swarm."""

from collections.abc import Collection, Mapping, Sequence

from framemesh.core.errors import FramemeshError
from framemesh.core.worker_role import WorkerRole
from framemesh.master.fleet import placement
from framemesh.master.fleet.port import FleetPlan, FleetState, WorkerGroup
from framemesh.master.fleet.swarm import documents, labels, room
from framemesh.master.fleet.swarm.changes import Change, Create, Remove, Update, changes
from framemesh.master.fleet.swarm.errors import ServiceChanged, ServiceRefused
from framemesh.master.fleet.swarm.image_source import ImageSource
from framemesh.master.fleet.swarm.observation import Swarm, nodes, replicas
from framemesh.master.fleet.swarm.service_spec import (
    FileIds,
    changed,
    image_of,
    service_spec,
)
from framemesh.master.fleet.swarm.swarm_api import SwarmApi
from framemesh.master.fleet.swarm.values import GroupKey
from framemesh.master.fleet.swarm.worker_template import WorkerTemplate
from framemesh.master.packaging.errors import ImageNotReady
from framemesh.runtime.logs import get_logger

log = get_logger()


class SwarmDriver:
    """Keeps one service for each group of workers; the swarm places them and starts them again.

    Nothing is remembered of the services: what they are is in their labels. A worker of a cordoned
    node gets its successor by an update of its service that starts first and excludes the node. In
    one case it is stopped before that: when the node itself changes meanwhile, or the swarm elects
    another leader, the swarm at once enforces what its services ask for.
    """

    def __init__(self, api: SwarmApi, images: ImageSource, template: WorkerTemplate) -> None:
        self._api = api
        self._images = images
        self._template = template
        self._refused: dict[str, str] = {}
        """By pipeline: why its service could not be made or changed last."""
        self._building: dict[str, str] = {}
        """By pipeline: how far the image of its workers is."""
        self._shadows: dict[str, str] = {}
        """By pipeline: either of both, of its shadow."""

    async def apply(
        self, groups: Sequence[WorkerGroup], cordoned: Collection[str] = (), epoch: int = 0
    ) -> None:
        """As FleetDriver.

        Raises:
            SwarmUnavailable, SocketForbidden, NoSwarmManager: nothing can be changed now.
        """
        there = documents.services(await self._api.services(labels.PIPELINE))
        if any(service.epoch > epoch for service in there):
            return
        self._refused, self._building, self._shadows = {}, {}, {}
        groups = await self._with_room(groups)
        images = await self._known_images(groups, {service.key for service in there})
        found = changes(
            groups,
            there,
            images=images,
            cordoned=cordoned,
            nodes=await self._preferable(groups),
            epoch=epoch,
        )
        for change in found:
            try:
                await self._carry_out(change, epoch)
            except ServiceChanged as error:
                # By a later leader, or by a person: the next round sees what it is now.
                log.info("service was changed by somebody else", why=str(error))
            except ServiceRefused as error:
                key = _key(change)
                told = self._refused if key.role is WorkerRole.WORKER else self._shadows
                told[key.pipeline] = str(error)

    async def observe(self) -> FleetState:
        swarm = await self._swarm()
        problem = "" if any(node.takes_tasks for node in swarm.nodes) else room.NO_NODE
        return FleetState(
            tuple(replicas(swarm)),
            problem,
            {**room.why_unplaced(swarm), **self._refused},
            nodes(swarm),
            dict(self._building),
            {**room.why_unplaced(swarm, WorkerRole.SHADOW), **self._shadows},
        )

    async def plan(self, groups: Sequence[WorkerGroup], cordoned: Collection[str]) -> FleetPlan:
        return room.plan(await self._swarm(), groups, cordoned)

    async def places(self, group: WorkerGroup, cordoned: Collection[str]) -> Mapping[str, int]:
        return room.places(await self._swarm(), group, cordoned)

    async def _preferable(self, groups: Sequence[WorkerGroup]) -> frozenset[str]:
        """The names of the nodes that take workers; where no group prefers any, nobody asks."""
        if not any(group.preferred for group in groups):
            return frozenset()
        found = documents.nodes(await self._api.nodes())
        return frozenset(node.name for node in found if node.takes_tasks)

    async def _swarm(self) -> Swarm:
        return Swarm(
            documents.nodes(await self._api.nodes()),
            documents.services(await self._api.services(labels.PIPELINE)),
            documents.tasks(await self._api.tasks()),
        )

    async def _with_room(self, groups: Sequence[WorkerGroup]) -> Sequence[WorkerGroup]:
        """Without shadows, while a worker of another role has no place."""
        shadows = [group for group in groups if group.role is WorkerRole.SHADOW]
        if not shadows or not room.why_unplaced(await self._swarm()):
            return groups
        self._shadows = dict.fromkeys((each.pipeline for each in shadows), placement.WAITS)
        return [group for group in groups if group.role is not WorkerRole.SHADOW]

    async def _carry_out(self, change: Change, epoch: int) -> None:
        match change:
            case Create():
                await self._create(change, epoch)
            case Update(service, count, image, avoided):
                # Its workers are replaced anyway, and those of another version may need more.
                other = image != image_of(service)
                spec = changed(
                    service,
                    replicas=count,
                    image=image,
                    avoided=avoided,
                    epoch=epoch,
                    renewed=(self._template, await self._file_ids()) if other else None,
                )
                await self._api.update_service(service.id, service.version, spec)
            case Remove(service):
                await self._api.remove_service(service.id)

    async def _known_images(
        self, groups: Sequence[WorkerGroup], there: Collection[GroupKey]
    ) -> dict[GroupKey, str]:
        """Of those that have one. What is said of the others is kept for `observe`, unless they
        have a service, which goes on with the image that it has."""
        found: dict[GroupKey, str] = {}
        for group in groups:
            key = GroupKey.of(group)
            if group.stays and key in there:
                continue  # nobody knows what it should be
            try:
                found[key] = await self._images.image(group.pipeline, group.revision, group.role)
            except FramemeshError as error:
                if key not in there:
                    self._told_of(group, error)[group.pipeline] = str(error)
        return found

    def _told_of(self, group: WorkerGroup, error: FramemeshError) -> dict[str, str]:
        """Where it is told that a group has no image."""
        if group.role is WorkerRole.SHADOW:
            return self._shadows
        return self._building if isinstance(error, ImageNotReady) else self._refused

    async def _file_ids(self) -> FileIds:
        """
        Raises:
            ServiceRefused: a file that workers need is not in the swarm.
        """
        template = self._template
        ids = FileIds(
            await self._api.secret_ids() if template.secrets else {},
            await self._api.config_ids() if template.configs else {},
        )
        _check("secret", template.secrets, ids.secrets)
        _check("config", template.configs, ids.configs)
        return ids

    async def _create(self, change: Create, epoch: int) -> None:
        template, ids = self._template, await self._file_ids()
        spec = service_spec(
            change.group, change.image, template, avoided=change.avoided, epoch=epoch, ids=ids
        )
        await self._api.create_service(spec)
        log.info("service created", service=spec["Name"], workers=change.group.replicas)


def _key(change: Change) -> GroupKey:
    return GroupKey.of(change.group) if isinstance(change, Create) else change.service.key


def _check(kind: str, wanted: Sequence[str], there: Mapping[str, str]) -> None:
    """
    Raises:
        ServiceRefused: one of those that workers need is not in the swarm.
    """
    for name in wanted:
        if name not in there:
            raise ServiceRefused(
                f"the swarm has no {kind} {name!r}: make it with `docker {kind} create {name} FILE`"
            )
