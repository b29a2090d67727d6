"""What one can set of an agent, as environment variables."""

import socket
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class AgentSettings(BaseSettings):
    """FRAMEMESH_AGENT_<NAME>, and what all services share.

    The workers inherit the environment, so what is set for them (FRAMEMESH_NATS, for one) is set
    for their agent.
    """

    model_config = SettingsConfigDict(env_prefix="FRAMEMESH_AGENT_", frozen=True)

    log_level: str = Field("info", validation_alias="FRAMEMESH_LOG_LEVEL")
    listen: str = "127.0.0.1:7405"
    """For health checks, nothing else."""
    master: str = "127.0.0.1:7402"
    node: str = Field(default_factory=socket.gethostname, min_length=1)
    data: Path = Path(".framemesh")
    """Gets `logs/<worker>.log` and the folder `workers/<worker>` of each worker."""
    first_port: int = Field(7410, ge=1, le=65_535)
    """Workers listen on this port and the following ones, whichever are free."""
