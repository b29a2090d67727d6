"""Which driver runs the workers, as the settings say."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

from framemesh.master.fleet.nodes import NodeRegistry
from framemesh.master.fleet.port import FleetDriver
from framemesh.master.fleet.process_driver import ProcessDriver
from framemesh.master.fleet.swarm.docker_api import DockerApi
from framemesh.master.fleet.swarm.driver import SwarmDriver
from framemesh.master.fleet.swarm.worker_template import WorkerTemplate
from framemesh.master.settings import Settings
from framemesh.runtime.settings import BadSetting


@asynccontextmanager
async def fleet_driver(settings: Settings, nodes: NodeRegistry) -> AsyncIterator[FleetDriver]:
    """
    Raises:
        BadSetting: what the driver needs is not set.
    """
    if settings.fleet == "process":
        yield ProcessDriver(nodes)
        return
    template = _worker_template(settings)
    with closing(DockerApi(settings.swarm_socket)) as docker:
        yield SwarmDriver(docker, template)


def _worker_template(settings: Settings) -> WorkerTemplate:
    if not settings.swarm_image:
        raise BadSetting(
            "FRAMEMESH_MASTER_SWARM_IMAGE: is missing; it is the image of the workers, as "
            "REGISTRY/NAME@sha256:DIGEST"
        )
    return WorkerTemplate(
        settings.swarm_image,
        settings.swarm_network,
        environment={
            "FRAMEMESH_NATS": settings.swarm_nats or settings.nats,
            "FRAMEMESH_WORKER_MASTER": settings.swarm_masters,
            "FRAMEMESH_LOG_LEVEL": settings.log_level,
        },
        secrets=tuple(filter(None, settings.swarm_secrets.split(","))),
        configs=tuple(filter(None, settings.swarm_configs.split(","))),
    )
