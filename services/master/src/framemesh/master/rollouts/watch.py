"""Watches new revisions until they are good, or gives them up."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import NamedTuple, NoReturn

from framemesh.core.clock import Clock
from framemesh.core.errors import FramemeshError
from framemesh.core.pipeline.rollout import RolloutPhase
from framemesh.master.fleet.port import FleetDriver
from framemesh.master.fleet.reconciler import Scaler
from framemesh.master.fleet.rollout_groups import newest_group
from framemesh.master.history.events import EventKind, Events
from framemesh.master.pipelines.changes import advanced, finished, given_up
from framemesh.master.pipelines.manager import PipelineManager
from framemesh.master.rollouts.decision import Decision, Verdict, decide
from framemesh.master.rollouts.ledger_tail import LedgerTail
from framemesh.master.rollouts.workers import WorkersSeen
from framemesh.runtime.concurrency.background_task import background_task
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.pipeline_feed import PipelineFeed
from framemesh.runtime.jetstream.pipeline_store import StoredPipeline
from framemesh.runtime.logs import get_logger

log = get_logger()

PERIOD_SECONDS = 0.5
"""Between two looks at a revision that is watched."""

TOLD = frozenset({RolloutPhase.CANARY, RolloutPhase.WATCHING})
"""Phases whose begin is an event: that workers are replaced is told by what becomes of them."""


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
        self,
        *,
        broker: Broker,
        feed: PipelineFeed,
        pipelines: PipelineManager,
        driver: FleetDriver,
        scaler: Scaler,
        events: Events,
        clock: Clock,
    ) -> None:
        self._broker = broker
        self._feed = feed
        self._pipelines = pipelines
        self._driver = driver
        self._scaler = scaler
        self._events = events
        self._clock = clock
        self._watching: set[_Watched] = set()

    async def run(self) -> NoReturn:
        async with asyncio.TaskGroup() as tasks:
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
                        await self._look(stored, workers, tail)
                    except FramemeshError as error:
                        log.warning("rollout waits", pipeline=watched.pipeline, why=str(error))
                    await asyncio.sleep(PERIOD_SECONDS)
        finally:
            self._watching.discard(watched)

    async def _look(self, stored: StoredPipeline, workers: WorkersSeen, tail: LedgerTail) -> None:
        state = await self._driver.observe()
        if state.problem or stored.rollout is None:
            # Where no worker at all can run, a revision is not at fault.
            return
        wanted = newest_group(stored, self._scaler.replicas(stored.spec))
        seen = replace(workers.seen(wanted, state, tail.figures), draining=bool(stored.draining))
        now = self._clock.unix_nano()
        decision = decide(stored.rollout, stored.spec.rollout, seen, now)
        if decision.verdict is not Verdict.WAIT:
            await self._act(stored, decision, now)

    async def _act(self, stored: StoredPipeline, decision: Decision, now: int) -> None:
        name, revision = stored.spec.name, stored.revision
        match decision.verdict:
            case Verdict.GIVE_UP:
                wanted = given_up(stored, decision.why)
                kind = EventKind.ROLLED_BACK
                line = f"revision {revision} to {wanted.revision}: {decision.why}"
            case Verdict.NEXT_PHASE:
                end = await self._pipelines.ledger_end(name)
                wanted = advanced(stored, decision.phase, now, end)
                kind, line = EventKind.PROMOTED, f"revision {revision}: {decision.phase.value}"
            case _:
                wanted = finished(stored)
                kind, line = EventKind.PROMOTED, f"revision {revision} is good"
        if await self._pipelines.move(stored, wanted):
            log.info("rollout", pipeline=name, verdict=decision.verdict.value, why=decision.why)
            if decision.verdict is not Verdict.NEXT_PHASE or decision.phase in TOLD:
                self._events.record(name, kind, line)


def _watched(stored: StoredPipeline) -> _Watched | None:
    if stored.rollout is None:
        return None
    return _Watched(stored.spec.name, stored.revision, stored.rollout.phase)
