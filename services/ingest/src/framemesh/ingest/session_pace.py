"""How fast one session may send, and what its camera is asked for."""

from framemesh.ingest.hints.hint import Hint
from framemesh.ingest.hints.pipeline_hints import SessionHints
from framemesh.ingest.limits.ingest_limits import Rate
from framemesh.runtime.logs import get_logger
from framemesh.runtime.metrics.instruments import Counter

log = get_logger()


class SessionPace:
    """Its limit, and the hints of its pipeline."""

    def __init__(self, rate: Rate | None, hints: SessionHints, throttled: Counter) -> None:
        self._rate = rate
        self._hints = hints
        self._throttled = throttled
        self._is_over = False
        """The camera sent more than it may."""

    async def admit(self, size: int) -> None:
        """Return once a frame of `size` bytes may go on."""
        self._hints.frames += 1
        if self._rate is None or not await self._rate.admit(size):
            return
        self._throttled.add()
        if not self._is_over:
            self._is_over = True
            bounds = self._rate.bounds
            log.warning(
                "camera is held to its limit",
                frames_per_second=bounds.frames_per_second,
                bytes_per_second=bounds.bytes_per_second,
            )

    def next_hint(self) -> Hint | None:
        """What the camera is to be told now."""
        limit = self._rate.bounds.frames_per_second if self._rate and self._is_over else 0.0
        return self._hints.next(limit or None)
