"""The settings of the master, as environment variables."""

import re
import tempfile
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from framemesh.runtime.settings import Address, NatsUrl, ServiceSettings, named_after

_BY_DIGEST = re.compile(r".+@sha256:[0-9a-f]{64}")


def _image(value: str) -> str:
    if value and not _BY_DIGEST.fullmatch(value):
        raise ValueError(
            "use REGISTRY/NAME@sha256:DIGEST: of a tag, each node may have another one"
        )
    return value


def _names(value: str) -> str:
    return ",".join(name.strip() for name in value.split(",") if name.strip())


Names = Annotated[str, AfterValidator(_names)]
"""Several with commas."""


class Settings(ServiceSettings):
    """FRAMEMESH_MASTER_<NAME>, and what all services share."""

    model_config = named_after("FRAMEMESH_MASTER_")

    nats: NatsUrl = Field("nats://127.0.0.1:7404", validation_alias="FRAMEMESH_NATS")
    listen: Address = "127.0.0.1:7402"
    spool: Path = Field(default_factory=lambda: Path(tempfile.gettempdir()))
    """For the files of models that are being registered, up to four of 2 GiB: on a disk."""
    fleet: Literal["process", "swarm"] = "process"
    """What runs the workers: the agents of the nodes, or Docker Swarm."""
    swarm_socket: str = "unix:///var/run/docker.sock"
    """Of a Docker that is a manager of the swarm."""
    swarm_image: Annotated[str, AfterValidator(_image)] = ""
    """Of the workers."""
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
