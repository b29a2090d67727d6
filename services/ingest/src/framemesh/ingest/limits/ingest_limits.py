"""All limits of one ingest."""

from dataclasses import dataclass

from framemesh.ingest.limits.rate_limits import RateLimits
from framemesh.ingest.limits.stream_limits import StreamLimits


@dataclass(frozen=True, slots=True)
class IngestLimits:
    streams: StreamLimits
    rates: RateLimits
    silence_seconds: float
    """After which a session that offers no frame ends."""
