"""What one can set of a worker, as environment variables."""

from pathlib import Path

from pydantic import Field

from framemesh.core.names import Name
from framemesh.core.worker_role import WorkerRole
from framemesh.runtime.settings import (
    Address,
    Addresses,
    CollectorUrl,
    NatsUrl,
    ServiceSettings,
    named_after,
)


class Settings(ServiceSettings):
    """FRAMEMESH_WORKER_<NAME>, and what all services share."""

    model_config = named_after("FRAMEMESH_WORKER_")

    nats: NatsUrl = Field("nats://127.0.0.1:7404", validation_alias="FRAMEMESH_NATS")
    id: str
    pipeline: Name
    revision: int = 0
    """The one that the worker was ordered to run; 0, or one that is not kept: the newest."""
    role: WorkerRole = WorkerRole.WORKER
    """As `shadow` it works on copies of frames, and `revision` is the number of the shadow."""
    master: Addresses = "127.0.0.1:7402"
    listen: Address = "127.0.0.1:7410"
    data: Path = Path(".framemesh/worker")
    """For its Triton's repository and log, and its models unless `model_cache` is set."""
    models: str = ""
    """A folder that has files of models already, in the image or mounted; empty: none. What it
    lacks is downloaded."""
    model_cache: str = ""
    """A folder for downloaded models, which the workers of a node may share; empty: `models` in
    `data`."""
    triton: str = ""
    """host:port of a Triton that runs already; empty: the worker starts its own."""
    triton_otlp: CollectorUrl = ""
    """URL of OTLP over HTTP, which has the spans of the Triton that the worker starts, as
    http://collector:4318/v1/traces; empty: port 4318 of the collector in FRAMEMESH_OTLP if that is
    on port 4317, as collectors are by default, else none."""
    frames_in_progress: int = Field(64, ge=1)
    """Of all shards together, at most: no more than keep the models of the pipeline busy."""
    frame_timeout_seconds: float = Field(60.0, gt=0)
    """For one attempt at one frame, without the time for which it waits for others. More than all
    stages may take: a request to Triton that is not answered ends after 15 s, and is not the
    frame's fault."""

    @property
    def triton_collector(self) -> str:
        """Where Triton's own spans go; empty: nowhere."""
        if self.triton_otlp or not self.otlp.endswith(":4317"):
            return self.triton_otlp
        scheme, _, host = self.otlp.rpartition("://")
        return f"{scheme or 'http'}://{host.removesuffix(':4317')}:4318/v1/traces"
