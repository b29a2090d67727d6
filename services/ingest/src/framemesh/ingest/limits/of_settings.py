"""The limits that settings ask for."""

from framemesh.core.clock import Clock
from framemesh.ingest.limits.ingest_limits import IngestLimits
from framemesh.ingest.limits.rate_limits import CameraBounds, RateLimits
from framemesh.ingest.limits.stream_limits import StreamBounds, StreamLimits
from framemesh.ingest.settings import Settings


def limits_of(settings: Settings, clock: Clock) -> IngestLimits:
    rates = CameraBounds(settings.max_frames_per_second, settings.max_bytes_per_second)
    streams = StreamBounds(
        settings.max_streams, settings.max_streams_per_client, settings.max_sessions_per_camera
    )
    return IngestLimits(
        StreamLimits(streams), RateLimits(rates, clock), settings.max_silence_seconds
    )
