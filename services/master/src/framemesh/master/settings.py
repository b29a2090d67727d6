"""The settings of the master, as environment variables."""

import tempfile
from pathlib import Path

from pydantic import Field

from framemesh.runtime.settings import Address, NatsUrl, ServiceSettings, named_after


class Settings(ServiceSettings):
    """FRAMEMESH_MASTER_<NAME>, and what all services share."""

    model_config = named_after("FRAMEMESH_MASTER_")

    nats: NatsUrl = Field("nats://127.0.0.1:7404", validation_alias="FRAMEMESH_NATS")
    listen: Address = "127.0.0.1:7402"
    spool: Path = Field(default_factory=lambda: Path(tempfile.gettempdir()))
    """For the files of models that are being registered, up to four of 2 GiB: on a disk."""
