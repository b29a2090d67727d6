"""Which driver runs the workers, as the settings say."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from urllib.parse import urlsplit

from framemesh.master.fleet.nodes import NodeRegistry
from framemesh.master.fleet.port import FleetDriver
from framemesh.master.fleet.process_driver import ProcessDriver
from framemesh.master.fleet.swarm.docker_api import NO_LOGINS, DockerApi
from framemesh.master.fleet.swarm.driver import SwarmDriver
from framemesh.master.fleet.swarm.worker_template import WorkerTemplate
from framemesh.master.history.events import Events
from framemesh.master.packaging.composition import worker_images
from framemesh.master.packaging.image_removal import ImageRemoval
from framemesh.master.packaging.login import Login
from framemesh.master.settings import Settings
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.settings import BadSetting


@dataclass(frozen=True, slots=True)
class Fleet:
    """What runs the workers, and what the leader has to do for it beside the rounds."""

    driver: FleetDriver
    image_removal: ImageRemoval | None = None
    """None: no images are made for it."""


@asynccontextmanager
async def worker_fleet(
    settings: Settings, nodes: NodeRegistry, nats: Broker, events: Events
) -> AsyncIterator[Fleet]:
    """
    Raises:
        BadSetting: what the driver needs is not set.
    """
    if settings.fleet == "process":
        yield Fleet(ProcessDriver(nodes))
        return
    login = _registry_login(settings)
    logins = {urlsplit(settings.registry).netloc: login} if login else NO_LOGINS
    async with worker_images(settings, nats, login, events, nodes.changed) as images:
        with closing(DockerApi(settings.swarm_socket, logins=logins)) as docker:
            driver = SwarmDriver(docker, images.source, _worker_template(settings))
            yield Fleet(driver, images.removal)


def _worker_template(settings: Settings) -> WorkerTemplate:
    return WorkerTemplate(
        settings.swarm_network,
        environment={
            "FRAMEMESH_NATS": settings.swarm_nats or settings.nats,
            "FRAMEMESH_WORKER_MASTER": settings.swarm_masters,
            "FRAMEMESH_LOG_LEVEL": settings.log_level,
            **settings.connect_environment,
            # Not where it is empty: every worker would be replaced for it.
            **({"FRAMEMESH_OTLP": settings.otlp} if settings.otlp else {}),
        },
        secrets=_names(settings.swarm_secrets),
        configs=_names(settings.swarm_configs),
    )


def _names(several: str) -> tuple[str, ...]:
    return tuple(filter(None, several.split(",")))


def _registry_login(settings: Settings) -> Login | None:
    file = settings.registry_password_file
    if not settings.registry_user or file is None:
        return None
    try:
        return Login(settings.registry_user, file.read_text().strip())
    except OSError as error:
        raise BadSetting(
            f"FRAMEMESH_MASTER_REGISTRY_PASSWORD_FILE: {file} cannot be read: {error.strerror}"
        ) from error
