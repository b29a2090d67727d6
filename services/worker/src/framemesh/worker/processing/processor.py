"""What becomes of one frame: runs the graph on it, and decides on its outcome."""

import asyncio
import contextlib
import math
from dataclasses import dataclass

from framemesh.core.frame import Frame
from framemesh.core.outcome import Outcome
from framemesh.runtime.concurrency.backoff import Backoff
from framemesh.runtime.logs import get_logger
from framemesh.worker.engine.engine import Engine
from framemesh.worker.engine.graph import InferenceResult
from framemesh.worker.errors import (
    InferenceFailed,
    TooOld,
    TritonNotReady,
    TritonUnavailable,
    Undecodable,
)
from framemesh.worker.processing.isolation import SharedExclusiveLock
from framemesh.worker.processing.outcomes import OutcomeFactory
from framemesh.worker.processing.retries import IsolatedRetries

log = get_logger()

PAUSES = Backoff(first_seconds=0.1, max_seconds=2.0)
"""After a try that failed."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a try gave no outcome."""

    reason: str
    detail: str


ENDED = Failure("worker_crashed", "the worker ended during each of them")
"""What must have happened if the tries are on record and nothing else is."""


class FrameProcessor:
    """Turns frames into outcomes.

    Frames are looked at together. One that failed so, or that a worker had before and did not
    seal, is suspect: it is tried alone, a few times, so that whatever it does to Triton or to this
    process is done to it only.
    """

    def __init__(
        self,
        engine: Engine,
        outcome_factory: OutcomeFactory,
        retries: IsolatedRetries,
        max_attempts: int,
    ) -> None:
        self._engine = engine
        self._outcome_factory = outcome_factory
        self._retries = retries
        self._max_attempts = max_attempts
        self._crowd = SharedExclusiveLock()

    @property
    def dispatch_latency_seconds(self) -> float:
        """How long it lately took from a frame's turn until a model was asked about it."""
        return self._engine.graph.dispatch_latency_seconds

    async def outcome(
        self, frame: Frame, *, suspect: bool = False, deadline: float = math.inf
    ) -> Outcome:
        """The final fate of `frame`, however long that takes.

        Args:
            suspect: another delivery of it had no outcome.
            deadline: by the event loop's time; if it is not sent to a model by then, it expires.
        """
        try:
            if not suspect:
                found = await self._among_others(frame, deadline)
                if isinstance(found, InferenceResult):
                    return self._outcome_factory.done(frame, found, attempts=1)
                log.info("frame failed, is tried alone", frame=str(frame.id), why=found.detail)
            return await self._exclusive(frame, deadline)
        except Undecodable as error:
            return self._outcome_factory.dead(frame, error.reason, str(error), attempts=1)
        except TooOld:
            return self._outcome_factory.expired(frame)

    async def _among_others(self, frame: Frame, deadline: float) -> InferenceResult | Failure:
        while True:
            try:
                async with self._crowd.shared():
                    return await self._look(frame, deadline)
            except TritonNotReady:
                # Outside: those who must be alone wait for those who are inside.
                await self._engine.triton.available()

    async def _exclusive(self, frame: Frame, deadline: float) -> Outcome:
        failure = ENDED
        while True:
            async with self._crowd.exclusive():
                await self._engine.triton.available()
                trial = await self._retries.begin(frame.id)
                if trial > self._max_attempts:
                    detail = f"no outcome in {trial - 1} tries alone: {failure.detail}"
                    return self._outcome_factory.dead(frame, failure.reason, detail, attempts=trial)
                found = await self._look_when_triton_is_there(frame, deadline)
            if isinstance(found, InferenceResult):
                return self._outcome_factory.done(frame, found, attempts=1 + trial)
            failure = found
            await asyncio.sleep(PAUSES.pause(trial))

    async def _look_when_triton_is_there(
        self, frame: Frame, deadline: float
    ) -> InferenceResult | Failure:
        while True:
            await self._engine.triton.available()
            with contextlib.suppress(TritonNotReady):
                return await self._look(frame, deadline)

    async def _look(self, frame: Frame, deadline: float) -> InferenceResult | Failure:
        """
        Raises:
            Undecodable, TooOld: its fate is known.
            TritonNotReady: it was not looked at.
        """
        try:
            return await self._engine.graph.run(frame.image, frame.crc32, deadline)
        except (Undecodable, TooOld, TritonNotReady):
            raise
        except InferenceFailed as error:
            return Failure("inference_failed", str(error))
        except TritonUnavailable as error:
            return Failure("model_crashed", str(error))
        except Exception as error:  # a fault of ours must not stop the frames behind this one
            log.error("frame failed", frame=str(frame.id), exc_info=error)
            return Failure("fault", repr(error))
