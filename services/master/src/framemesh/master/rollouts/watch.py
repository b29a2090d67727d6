"""Watches new revisions until they are good, or gives them up."""

import asyncio
from contextlib import AsyncExitStack
from typing import NamedTuple, NoReturn

from framemesh.core.clock import Clock
from framemesh.core.errors import FramemeshError
from framemesh.core.pipeline.rollout import RolloutPhase
from framemesh.master.rollouts.ledger_tail import LedgerTail
from framemesh.master.rollouts.steps import RolloutSteps
from framemesh.master.rollouts.workers import WorkersSeen
from framemesh.runtime.concurrency.background_task import background_task
from framemesh.runtime.concurrency.task_group import TaskGroup
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.pipeline_feed import PipelineFeed
from framemesh.runtime.jetstream.pipeline_store import StoredPipeline
from framemesh.runtime.logs import get_logger

log = get_logger()

PERIOD_SECONDS = 0.5
"""Between two looks at a revision that is watched."""


class _Watched(NamedTuple):
    """One phase of one rollout."""

    pipeline: str
    revision: int
    phase: RolloutPhase


class RolloutWatch:
    """Decides about all rollouts, for as long as one master leads.

    What is known of one is in the entry of its pipeline, so the next leader goes on in its phase.
    """

    def __init__(
        self, *, broker: Broker, feed: PipelineFeed, steps: RolloutSteps, clock: Clock
    ) -> None:
        self._broker = broker
        self._feed = feed
        self._steps = steps
        self._clock = clock
        self._watching: set[_Watched] = set()

    async def run(self) -> NoReturn:
        async with TaskGroup() as tasks:
            async for pipelines in self._feed.changes():
                for stored in pipelines.values():
                    watched = _watched(stored)
                    if watched and watched not in self._watching:
                        self._watching.add(watched)
                        tasks.create_task(self._watch(watched))
        raise AssertionError("the feed has no end")

    async def _watch(self, watched: _Watched) -> None:
        """Watch one phase until it is over."""
        tail = LedgerTail(self._broker, watched.pipeline, watched.revision, self._clock)
        workers = WorkersSeen(watched.revision, self._clock)
        try:
            async with AsyncExitStack() as stack:
                stored = self._feed.pipelines.get(watched.pipeline)
                if stored and stored.rollout and stored.spec.rollout.bounded:
                    await stack.enter_async_context(background_task(tail.follow(stored.rollout)))
                while (stored := self._feed.pipelines.get(watched.pipeline)) is not None:
                    if _watched(stored) != watched:
                        return
                    try:
                        await self._steps.take(stored, workers, tail.figures)
                    except FramemeshError as error:
                        log.warning("rollout waits", pipeline=watched.pipeline, why=str(error))
                    await asyncio.sleep(PERIOD_SECONDS)
        finally:
            self._watching.discard(watched)


def _watched(stored: StoredPipeline) -> _Watched | None:
    if stored.rollout is None:
        return None
    return _Watched(stored.spec.name, stored.revision, stored.rollout.phase)
