"""What the workers of a new revision say of it."""

import math

from framemesh.core.clock import Clock
from framemesh.master.fleet.port import FleetState, WorkerGroup, WorkerState
from framemesh.master.rollouts.decision import Seen
from framemesh.master.rollouts.figures import Figures


class WorkersSeen:
    """Looks at the workers of one revision, again and again."""

    def __init__(self, revision: int, clock: Clock) -> None:
        self._revision = revision
        self._clock = clock
        self._failing_since = math.inf

    def seen(self, wanted: WorkerGroup, state: FleetState, figures: Figures) -> Seen:
        """What there is to judge it by now."""
        live = [
            each for each in state.of(wanted.pipeline) if each.state is not WorkerState.STOPPING
        ]
        new = [each for each in live if each.revision == self._revision]
        ready = len({each.id for each in new if each.ready})
        now = self._clock.monotonic()
        if ready or not any(each.state is WorkerState.FAILED for each in new):
            self._failing_since = math.inf
        elif math.isinf(self._failing_since):
            self._failing_since = now
        problems = (each.problem for each in new if each.problem)
        return Seen(
            wanted=wanted.replicas,
            ready=ready,
            others=len(live) - len(new),
            restarts=sum(each.restarts for each in new),
            failed_seconds=max(0.0, now - self._failing_since),
            problem=next(problems, state.unplaced.get(wanted.pipeline, "")),
            frames=figures.frames,
            dead=figures.dead,
            age_p99_seconds=figures.age_p99_seconds,
        )
