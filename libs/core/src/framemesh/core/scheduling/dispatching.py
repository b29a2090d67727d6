"""Whether inputs that wait go now: first whether there is room, then whether they can wait."""

from collections.abc import Callable

from framemesh.core.scheduling.batching import (
    SHORTEST_HOLD_SECONDS,
    BatchReason,
    Dispatch,
    HoldReason,
    HoldUntil,
    moment,
)
from framemesh.core.scheduling.configuration import Configuration
from framemesh.core.scheduling.knowledge import Knowledge
from framemesh.core.scheduling.options import SchedulerOptions
from framemesh.core.scheduling.scheduler import Waiting
from framemesh.core.scheduling.tables import Tables

LEAD_SECONDS = 0.005
"""A batch is sent so long before its backend has room, and what a way there and back takes: so that
it does not stand idle, and what waits here can still be chosen for anew."""


class Dispatching:
    """Asks `batching.moment` with what is known of the backend and of the inputs to come."""

    def __init__(self, knowledge: Knowledge, tables: Tables, options: SchedulerOptions) -> None:
        self._knowledge, self._tables, self._options = knowledge, tables, options

    def decide(self, waiting: Waiting, now: float) -> Dispatch | HoldUntil:
        """As in `Scheduler.dispatch`; the tables are fresh."""
        return self._room(waiting, now) or self._moment(waiting, now)

    def _room(self, waiting: Waiting, now: float) -> HoldUntil | None:
        """Until the backend has room, or another one has to be looked for; None: it has."""
        configuration = waiting.configuration
        wait = self._knowledge.load(configuration.backend).own_wait(now)
        lead = LEAD_SECONDS + self._knowledge.rtt(configuration.backend)
        if wait <= lead + SHORTEST_HOLD_SECONDS:
            return None
        time, latest = now + wait - lead, waiting.due[0] - self._seconds(configuration, now)(1)
        if now + SHORTEST_HOLD_SECONDS < latest < time:
            time = latest
        return HoldUntil(time, HoldReason.NO_ROOM)

    def _moment(self, waiting: Waiting, now: float) -> Dispatch | HoldUntil:
        configuration = waiting.configuration
        if not self._options.safe_deferral:
            return Dispatch(min(len(waiting.due), configuration.batch), BatchReason.AT_ONCE)
        return moment(
            waiting.due,
            configuration.batch,
            self._seconds(configuration, now),
            now,
            gap=self._gap(configuration.stage) if waiting.gap is None else waiting.gap,
            wait=self._wait_to_begin(configuration, now),
        )

    def _seconds(self, configuration: Configuration, now: float) -> Callable[[int], float]:
        """That batches of a size take, seldom more."""
        return lambda batch: self._tables.seconds(configuration, batch, now)

    def _wait_to_begin(self, configuration: Configuration, now: float) -> float:
        """Of a batch that is held, with what can be begun there meanwhile."""
        load = self._knowledge.load(configuration.backend)
        if load.outstanding + 1 < load.backend.capacity:
            return load.wait(now)
        stage, backend = configuration.stage, configuration.backend
        return load.wait(now) + self._knowledge.backlog.longest_of_others(stage, backend)

    def _gap(self, stage: str) -> float:
        per_second = self._tables.per_second(stage)
        return 1.0 / per_second if per_second > 0.0 else _NEVER


_NEVER = float("inf")
