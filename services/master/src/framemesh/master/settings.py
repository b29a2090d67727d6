"""The settings of the master, as environment variables."""

import re
import tempfile
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from framemesh.master.packaging.reference import ImageReference
from framemesh.runtime.settings import Address, NatsUrl, ServiceSettings, named_after


def _image(value: str) -> str:
    return str(ImageReference.parse(value)) if value else ""


def _url(value: str) -> str:
    if value and not re.fullmatch(r"https?://[^/]+/?", value):
        raise ValueError("use http://host:port or https://host:port")
    return value.rstrip("/")


def _names(value: str) -> str:
    return ",".join(name.strip() for name in value.split(",") if name.strip())


Names = Annotated[str, AfterValidator(_names)]
"""Several with commas."""


class Settings(ServiceSettings):
    """FRAMEMESH_MASTER_<NAME>, and what all services share."""

    model_config = named_after("FRAMEMESH_MASTER_")

    nats: NatsUrl = Field("nats://127.0.0.1:7404", validation_alias="FRAMEMESH_NATS")
    listen: Address = "127.0.0.1:7402"
    name: Annotated[str, Field(pattern=r"^\S*$", max_length=253)] = ""
    """What the others tell of this master when it leads; empty: `reachable_address(listen)`."""
    spool: Path = Field(default_factory=lambda: Path(tempfile.gettempdir()))
    """For the files of models that are being registered, up to four of 2 GiB: on a disk."""
    fleet: Literal["process", "swarm"] = "process"
    """What runs the workers: the agents of the nodes, or Docker Swarm."""
    swarm_socket: str = "unix:///var/run/docker.sock"
    """Of a Docker that is a manager of the swarm."""
    swarm_image: Annotated[str, AfterValidator(_image)] = ""
    """Of the workers; by a tag only where there is a registry to ask for its digest."""
    swarm_network: str = "framemesh"
    """The overlay network in which the workers reach the broker and the masters."""
    swarm_masters: Address = "master:7402"
    """Where workers find the masters."""
    swarm_nats: NatsUrl | None = None
    """Where workers find the broker; None: where the master does."""
    swarm_secrets: Names = ""
    """Of the swarm, for the workers: each is a file in /run/secrets."""
    swarm_configs: Names = ""
    """Of the swarm, for the workers: each is a file in the root."""
    registry: Annotated[str, AfterValidator(_url)] = ""
    """Where the image of the workers is, and those with models go; empty: workers download models
    from the master."""
    registry_user: str = ""
    registry_password_file: Path | None = None
