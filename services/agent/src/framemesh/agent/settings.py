"""The settings of an agent, as environment variables."""

import re
import socket
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, ByteSize, Field

from framemesh.core.errors import InvalidName
from framemesh.core.names import Name, NodeName, check_node_name
from framemesh.runtime.settings import Address, Addresses, ServiceSettings, named_after


def _hostname() -> str:
    """The host's name as it is, unless it has characters that the name of no host has."""
    name = socket.gethostname()
    try:
        return check_node_name(name)
    except InvalidName:
        return re.sub(r"[^A-Za-z0-9_-]", "-", name)[:63] or "node"


def _labels(value: Any) -> Any:
    """Of "zone=hall,kind=edge" the pairs."""
    if not isinstance(value, str):
        return value
    pairs = [pair.strip().partition("=") for pair in value.split(",") if pair.strip()]
    if any(not separator for _, separator, _ in pairs):
        raise ValueError("use name=value, several with commas")
    return {name.strip(): label.strip() for name, _, label in pairs}


class AgentSettings(ServiceSettings):
    """FRAMEMESH_AGENT_<NAME>, and what all services share.

    The workers inherit the environment, so what is set for them (FRAMEMESH_NATS, for one) is set
    for their agent.
    """

    model_config = named_after("FRAMEMESH_AGENT_")

    listen: Address = "127.0.0.1:7405"
    """For health checks, nothing else."""
    master: Addresses = "127.0.0.1:7402"
    node: NodeName = Field(default_factory=_hostname)
    labels: Annotated[dict[Name, str], BeforeValidator(_labels)] = Field(default_factory=dict)
    """`name=value,name=value`: what pipelines ask for in `workers.node_labels`."""
    price_per_hour: float | None = Field(None, ge=0, allow_inf_nan=False)
    watts: float | None = Field(None, ge=0, allow_inf_nan=False)
    """What the node costs, for those who choose between nodes."""
    cpus: int | None = Field(None, ge=1, le=4096)
    memory: Annotated[ByteSize, Field(ge=1)] | None = None
    """What workers may reserve, where that is not all that the machine has."""
    data: Path = Path(".framemesh")
    """Gets `logs/workers/<worker>.log` and the folder `workers/<worker>` of each worker."""
    first_port: int = Field(7410, ge=1, le=65_535)
    """Workers listen on this port and the following ones, whichever are free."""
