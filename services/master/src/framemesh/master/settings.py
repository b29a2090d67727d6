"""What one can set of the master, as environment variables."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from framemesh.runtime.environment import Address, NatsUrl, ServiceSettings


class Settings(ServiceSettings):
    """FRAMEMESH_MASTER_<NAME>, and what all services share."""

    model_config = SettingsConfigDict(
        env_prefix="FRAMEMESH_MASTER_", frozen=True, populate_by_name=True
    )

    nats: NatsUrl = Field("nats://127.0.0.1:7404", validation_alias="FRAMEMESH_NATS")
    listen: Address = "127.0.0.1:7402"
