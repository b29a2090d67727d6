"""What one can set of ingest, as environment variables."""

from pydantic import Field

from framemesh.core.frame import MAX_FRAMES_IN_FLIGHT
from framemesh.runtime.settings import Address, NatsUrl, ServiceSettings, named_after


class Settings(ServiceSettings):
    """FRAMEMESH_INGEST_<NAME>, and what all services share."""

    model_config = named_after("FRAMEMESH_INGEST_")

    nats: NatsUrl = Field("nats://127.0.0.1:7404", validation_alias="FRAMEMESH_NATS")
    listen: Address = "127.0.0.1:7401"
    processes: int = Field(0, ge=0, le=64)
    """That share the port, each with one core; 0: one, and one more for every four CPUs."""
    credit_frames: int = Field(32, ge=1, le=MAX_FRAMES_IN_FLIGHT)
    """What a camera may have under way: enough for 30 frames a second and a broker that takes a
    second, small enough that a thousand cameras fit."""
    credit_bytes: int = Field(8 * 1024 * 1024, ge=1024)
    max_streams: int = Field(5000, ge=1)
    """Of all cameras together: some more than the 4,000 cameras that one mesh is made for."""
    max_streams_per_client: int = Field(2500, ge=1)
    """From one address: half of them all, so that one program that opens streams without end leaves
    room for others."""
    max_sessions_per_camera: int = Field(16, ge=1)
    """A camera needs one. Behind a bad network it may leave some that ingest does not know to be
    dead yet, for 20 s each."""
    max_frames_per_second: float = Field(0.0, ge=0)
    """Of one camera; 0: as many as the pipeline takes. What comes faster waits."""
    max_bytes_per_second: int = Field(0, ge=0)
    """Of the images of one camera; 0: no limit of its own."""
    max_silence_seconds: float = Field(900.0, gt=0)
    """After which a session that offers no frame ends. Its camera opens the next one by itself; who
    sends a message byte by byte does not hold a stream for ever."""
