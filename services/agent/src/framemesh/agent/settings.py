"""The settings of an agent, as environment variables."""

import re
import socket
from pathlib import Path

from pydantic import Field

from framemesh.core.names import Name
from framemesh.runtime.settings import Address, ServiceSettings, named_after


def _hostname() -> str:
    """The host's name, with characters that no name may have ("cam-3.example.org") replaced."""
    return re.sub(r"[^A-Za-z0-9_-]", "-", socket.gethostname())[:64]


class AgentSettings(ServiceSettings):
    """FRAMEMESH_AGENT_<NAME>, and what all services share.

    The workers inherit the environment, so what is set for them (FRAMEMESH_NATS, for one) is set
    for their agent.
    """

    model_config = named_after("FRAMEMESH_AGENT_")

    listen: Address = "127.0.0.1:7405"
    """For health checks, nothing else."""
    master: Address = "127.0.0.1:7402"
    node: Name = Field(default_factory=_hostname)
    data: Path = Path(".framemesh")
    """Gets `logs/workers/<worker>.log` and the folder `workers/<worker>` of each worker."""
    first_port: int = Field(7410, ge=1, le=65_535)
    """Workers listen on this port and the following ones, whichever are free."""
