"""One step of a rollout: looked at once, decided, and done."""

from dataclasses import replace

from framemesh.core.clock import Clock
from framemesh.core.pipeline.rollout import RolloutPhase
from framemesh.master.fleet.port import FleetDriver
from framemesh.master.fleet.reconciler import Scaler
from framemesh.master.fleet.rollout_groups import newest_group
from framemesh.master.history.events import EventKind, Events
from framemesh.master.pipelines.changes import advanced, finished, given_up
from framemesh.master.pipelines.manager import PipelineManager
from framemesh.master.rollouts.decision import Decision, Verdict, decide
from framemesh.master.rollouts.figures import Figures
from framemesh.master.rollouts.workers import WorkersSeen
from framemesh.runtime.jetstream.pipeline_store import StoredPipeline
from framemesh.runtime.logs import get_logger

log = get_logger()

TOLD = frozenset({RolloutPhase.CANARY, RolloutPhase.WATCHING})
"""Phases whose begin is an event: that workers are replaced is told by what becomes of them."""


class RolloutSteps:
    """Takes the steps of all rollouts. It remembers nothing between two of them."""

    def __init__(
        self,
        *,
        pipelines: PipelineManager,
        driver: FleetDriver,
        scaler: Scaler,
        events: Events,
        clock: Clock,
    ) -> None:
        self._pipelines = pipelines
        self._driver = driver
        self._scaler = scaler
        self._events = events
        self._clock = clock

    async def take(self, stored: StoredPipeline, workers: WorkersSeen, figures: Figures) -> None:
        """Look at a pipeline once, and move it on if it is time.

        Args:
            workers: what earlier looks at its new revision saw.
            figures: what the outcomes of that revision add up to.

        Raises:
            FramemeshError: the fleet cannot be seen, or the pipeline not be changed, now.
        """
        state = await self._driver.observe()
        if state.problem or stored.rollout is None:
            # Where no worker at all can run, a revision is not at fault.
            return
        wanted = newest_group(stored, self._scaler.replicas(stored.spec))
        seen = replace(workers.seen(wanted, state, figures), draining=bool(stored.draining))
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
