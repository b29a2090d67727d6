"""What becomes of one frame: runs the graph on it, and decides on its outcome."""

import asyncio
import contextlib
import math
from dataclasses import dataclass

from framemesh.core.frame import Frame
from framemesh.core.outcome import Outcome
from framemesh.runtime.backoff import Backoff
from framemesh.runtime.logs import get_logger
from framemesh.worker.crowd import Crowd
from framemesh.worker.engine import Engine
from framemesh.worker.errors import (
    InferenceFailed,
    TooOld,
    TritonAway,
    TritonUnavailable,
    Undecodable,
)
from framemesh.worker.graph import Seen
from framemesh.worker.outcome_maker import OutcomeMaker
from framemesh.worker.trials import Trials

log = get_logger()

PAUSES = Backoff(first_seconds=0.1, most_seconds=2.0)
"""After a try that failed."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a try gave no outcome."""

    reason: str
    detail: str


ENDED = Failure("worker_crashed", "the worker ended during each of them")
"""What must have happened if the tries are on record and nothing else is."""


class Inspector:
    """Turns frames into outcomes.

    Frames are looked at together. One that failed so, or that a worker had before and did not
    seal, is suspect: it is tried alone, a few times, so that whatever it does to Triton or to this
    process is done to it only.
    """

    def __init__(
        self, engine: Engine, maker: OutcomeMaker, trials: Trials, max_attempts: int
    ) -> None:
        self._engine = engine
        self._maker = maker
        self._trials = trials
        self._max_attempts = max_attempts
        self._crowd = Crowd()

    @property
    def seconds_to_send(self) -> float:
        """How long it lately took from a frame's turn until a model was asked about it."""
        return self._engine.graph.seconds_to_send

    async def outcome(
        self, frame: Frame, *, suspect: bool = False, give_up_at: float = math.inf
    ) -> Outcome:
        """The final fate of `frame`, however long that takes.

        Args:
            suspect: another delivery of it had no outcome.
            give_up_at: by the event loop's time; if it is not sent to a model by then, it expires.
        """
        try:
            if not suspect:
                found = await self._among_others(frame, give_up_at)
                if isinstance(found, Seen):
                    return self._maker.done(frame, found, attempts=1)
                log.info("frame failed, is tried alone", frame=str(frame.id), why=found.detail)
            return await self._alone(frame, give_up_at)
        except Undecodable as error:
            return self._maker.dead(frame, error.reason, str(error), attempts=1)
        except TooOld:
            return self._maker.expired(frame)

    async def _among_others(self, frame: Frame, give_up_at: float) -> Seen | Failure:
        while True:
            try:
                async with self._crowd.together():
                    return await self._look(frame, give_up_at)
            except TritonAway:
                # Outside: those who must be alone wait for those who are inside.
                await self._engine.triton.available()

    async def _alone(self, frame: Frame, give_up_at: float) -> Outcome:
        failure = ENDED
        while True:
            async with self._crowd.alone():
                await self._engine.triton.available()
                trial = await self._trials.begin(frame.id)
                if trial > self._max_attempts:
                    detail = f"no outcome in {trial - 1} tries alone: {failure.detail}"
                    return self._maker.dead(frame, failure.reason, detail, attempts=trial)
                found = await self._look_when_triton_is_there(frame, give_up_at)
            if isinstance(found, Seen):
                return self._maker.done(frame, found, attempts=1 + trial)
            failure = found
            await asyncio.sleep(PAUSES.pause(trial))

    async def _look_when_triton_is_there(self, frame: Frame, give_up_at: float) -> Seen | Failure:
        while True:
            await self._engine.triton.available()
            with contextlib.suppress(TritonAway):
                return await self._look(frame, give_up_at)

    async def _look(self, frame: Frame, give_up_at: float) -> Seen | Failure:
        """
        Raises:
            Undecodable, TooOld: its fate is known.
            TritonAway: it was not looked at.
        """
        try:
            return await self._engine.graph.run(frame.image, frame.crc32, give_up_at)
        except (Undecodable, TooOld, TritonAway):
            raise
        except InferenceFailed as error:
            return Failure("inference_failed", str(error))
        except TritonUnavailable as error:
            return Failure("model_crashed", str(error))
        except Exception as error:  # a fault of ours must not stop the frames behind this one
            log.error("frame failed", frame=str(frame.id), exc_info=error)
            return Failure("fault", repr(error))
