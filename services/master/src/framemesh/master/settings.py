"""What one can set of the master, as environment variables."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """FRAMEMESH_MASTER_<NAME>, and what all services share."""

    model_config = SettingsConfigDict(env_prefix="FRAMEMESH_MASTER_", frozen=True)

    nats: str = Field("nats://127.0.0.1:7404", validation_alias="FRAMEMESH_NATS")
    log_level: str = Field("info", validation_alias="FRAMEMESH_LOG_LEVEL")
    listen: str = "127.0.0.1:7402"
