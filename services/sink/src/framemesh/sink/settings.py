"""What one can set of the service of sinks, as environment variables."""

import socket

from pydantic import Field

from framemesh.runtime.settings import Address, NatsUrl, ServiceSettings, named_after


class Settings(ServiceSettings):
    """FRAMEMESH_SINK_<NAME>, and what all services share."""

    model_config = named_after("FRAMEMESH_SINK_")

    nats: NatsUrl = Field("nats://127.0.0.1:7404", validation_alias="FRAMEMESH_NATS")
    listen: Address = "127.0.0.1:7407"
    name: str = Field(default_factory=socket.gethostname)
    """Of this process among others, as `framemesh sink show` prints it."""
