"""What one can set of a worker, as environment variables."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """FRAMEMESH_WORKER_<NAME>, and what all services share."""

    model_config = SettingsConfigDict(env_prefix="FRAMEMESH_WORKER_", frozen=True)

    nats: str = Field("nats://127.0.0.1:7404", validation_alias="FRAMEMESH_NATS")
    log_level: str = Field("info", validation_alias="FRAMEMESH_LOG_LEVEL")
    id: str
    pipeline: str
    revision: int = 0
    """The one that the worker was ordered to run; it runs that or a newer one."""
    master: str = "127.0.0.1:7402"
    listen: str = "127.0.0.1:7410"
    data: Path = Path(".framemesh/worker")
    """For its models, its Triton's repository and log."""
    triton: str = ""
    """host:port of a Triton that runs already; empty: the worker starts its own."""
    frames_in_progress: int = Field(64, ge=1)
    """Of all shards together: enough to fill the batches of all instances and one more of each."""
