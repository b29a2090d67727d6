"""All limits of one ingest."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from framemesh.ingest.limits.rate_limits import CameraBounds, RateLimits
from framemesh.ingest.limits.stream_limits import StreamLimits


class Rate(Protocol):
    """Of one camera, in all of its sessions."""

    @property
    def bounds(self) -> CameraBounds: ...

    async def admit(self, size: int) -> bool:
        """Return once a frame of `size` bytes may go on; whether it had to wait."""
        ...


class Limits(Protocol):
    """Where the streams of one process are counted, and the frames of its cameras."""

    @property
    def silence_seconds(self) -> float:
        """After which a session that offers no frame ends."""
        ...

    def stream(self, client: str) -> AbstractAsyncContextManager[None]:
        """Count a stream for as long as the context lasts; see StreamLimits.stream."""
        ...

    def session(self, pipeline: str, camera: str) -> AbstractAsyncContextManager[Rate | None]:
        """Count a session for as long as the context lasts; see StreamLimits.session. Yields the
        rate of its camera, None where nothing is bounded."""
        ...


@dataclass(frozen=True, slots=True)
class IngestLimits:
    """For one event loop."""

    streams: StreamLimits
    rates: RateLimits
    silence_seconds: float
    """After which a session that offers no frame ends."""

    @asynccontextmanager
    async def stream(self, client: str) -> AsyncIterator[None]:
        """See Limits."""
        with self.streams.stream(client):
            yield

    @asynccontextmanager
    async def session(self, pipeline: str, camera: str) -> AsyncIterator[Rate | None]:
        """See Limits."""
        with (
            self.streams.session(pipeline, camera),
            self.rates.of(pipeline, camera) as rate,
        ):
            yield rate
