"""What one can set of the monitor, as environment variables."""

import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from framemesh.runtime.settings import (
    Address,
    Addresses,
    BadSetting,
    NatsUrl,
    Servers,
    ServiceSettings,
    named_after,
)


def _http_url(value: str) -> str:
    if value and not re.fullmatch(r"https?://[^\s/]+(/\S*)?", value):
        raise ValueError("use http://host:port or https://host:port")
    return value.rstrip("/")


HttpUrl = Annotated[str, AfterValidator(_http_url)]


class Settings(ServiceSettings):
    """FRAMEMESH_MONITOR_<NAME>, and what all services share."""

    model_config = named_after("FRAMEMESH_MONITOR_")

    nats: NatsUrl = Field("nats://127.0.0.1:7404", validation_alias="FRAMEMESH_NATS")
    listen: Address = "127.0.0.1:7403"
    http: Address = "127.0.0.1:7400"
    """Of the dashboard."""
    hosts: str = ""
    """Names, with commas between them, under which browsers reach the dashboard, beside the name of
    this machine, localhost and all addresses."""
    token: str = ""
    """Who has it may replay and purge dead letters in the dashboard; empty: nobody may. Without a
    meaning where tokens are asked for."""
    token_file: Path | None = None
    """It has the token, in place of FRAMEMESH_MONITOR_TOKEN: a secret of a swarm."""
    master: Addresses = "127.0.0.1:7402"
    """For the dashboard: pipelines, nodes and workers."""
    jaeger: HttpUrl = Field("", validation_alias="FRAMEMESH_JAEGER")
    """URL of Jaeger's page, for links to traces; empty: there are none."""
    ingest: Address = "127.0.0.1:7401"
    """For the dashboard: where dead letters are offered again."""
    metrics_cameras: int = Field(0, ge=0, le=1000)
    """So many cameras of each pipeline have metrics of their own, the first by name."""
    broker_http: Servers = ""
    """host:port of the HTTP endpoint of each nats-server, for metrics of its storage; empty: there
    are none."""

    @property
    def dashboard_token(self) -> str:
        """
        Raises:
            BadSetting: the file of the token cannot be read.
        """
        if self.token_file is None:
            return self.token
        try:
            return self.token_file.read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            raise BadSetting(f"FRAMEMESH_MONITOR_TOKEN_FILE: {error}") from error
