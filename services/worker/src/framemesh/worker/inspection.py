"""What becomes of one frame: runs the graph on it, and decides on its outcome."""

import asyncio

import structlog

from framemesh.core.clock import Clock
from framemesh.core.frame import Frame
from framemesh.core.outcome import Fate, Outcome
from framemesh.runtime.backoff import Backoff
from framemesh.worker.engine import Engine
from framemesh.worker.errors import InferenceFailed, TritonUnavailable, Undecodable
from framemesh.worker.graph import Seen

log = structlog.get_logger()

MAX_ATTEMPTS = 5
"""Deliveries of one frame. The model may refuse a frame for a passing reason; five times it is the
frame."""

PAUSES = Backoff(first_seconds=0.1, most_seconds=2.0)
"""After an answer that did not come; Triton is asked again once it is well."""


class TryAgain(Exception):
    """The frame failed, and may be delivered once more."""


class Inspector:
    """Turns frames into outcomes."""

    def __init__(self, engine: Engine, pipeline: str, name: str, clock: Clock) -> None:
        self._engine = engine
        self._pipeline = pipeline
        self._name = name
        self._clock = clock

    async def outcome(self, frame: Frame, attempt: int) -> Outcome:
        """The final fate of `frame` at its `attempt`-th delivery.

        Raises:
            TryAgain: there is none yet.
        """
        if attempt > MAX_ATTEMPTS:
            # Whatever it did to the workers before, it does not do it again.
            return self._dead(frame, attempt, "attempts", f"no outcome in {MAX_ATTEMPTS} attempts")
        try:
            seen = await self._look(frame)
        except Undecodable as error:
            return self._dead(frame, attempt, "undecodable", str(error))
        except InferenceFailed as error:
            if attempt < MAX_ATTEMPTS:
                raise TryAgain(str(error)) from error
            return self._dead(frame, attempt, "inference_failed", str(error))
        return self._sealed(frame, attempt, Fate.DONE, seen=seen)

    async def _look(self, frame: Frame) -> Seen:
        """Wait for Triton for as long as it takes: it is being restarted."""
        failures = 0
        while True:
            try:
                return await self._engine.graph.run(frame.image)
            except TritonUnavailable as error:
                log.debug("triton is away", frame=str(frame.id), error=str(error))
            failures += 1
            await asyncio.sleep(PAUSES.pause(failures))
            await self._engine.triton.available()

    def _dead(self, frame: Frame, attempt: int, reason: str, detail: str) -> Outcome:
        log.warning("frame is dead", frame=str(frame.id), reason=reason, detail=detail)
        return self._sealed(frame, attempt, Fate.DEAD, reason=reason, detail=detail)

    def _sealed(
        self,
        frame: Frame,
        attempt: int,
        fate: Fate,
        *,
        seen: Seen | None = None,
        reason: str = "",
        detail: str = "",
    ) -> Outcome:
        return Outcome(
            frame=frame.id,
            pipeline=self._pipeline,
            fate=fate,
            captured_unix_nano=frame.captured_unix_nano,
            completed_unix_nano=self._clock.unix_nano(),
            sealed_by=self._name,
            reason=reason,
            detail=detail,
            width=seen.width if seen else 0,
            height=seen.height if seen else 0,
            detections=seen.detections if seen else (),
            attempts=attempt,
        )
