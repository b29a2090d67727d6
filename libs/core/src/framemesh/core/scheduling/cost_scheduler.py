"""Our scheduler: each call in time at the least cost, by what was seen of all others."""

from collections.abc import Mapping, Sequence

from framemesh.core.scheduling.backend import Backend
from framemesh.core.scheduling.batching import Dispatch, HoldReason, HoldUntil
from framemesh.core.scheduling.call_graph import CallGraph, Rates
from framemesh.core.scheduling.choice import (
    Choice,
    Decision,
    Situation,
    choose,
)
from framemesh.core.scheduling.configuration import Configuration
from framemesh.core.scheduling.decision_log import DecisionLog, Logged
from framemesh.core.scheduling.dispatching import Dispatching
from framemesh.core.scheduling.hedging import (
    Clone,
    HedgeBudget,
    Leave,
    LeaveReason,
    Running,
    overdue_at,
)
from framemesh.core.scheduling.knowledge import Knowledge
from framemesh.core.scheduling.latency.latency import LatencyPrior
from framemesh.core.scheduling.offers import ItemOffers
from framemesh.core.scheduling.options import SchedulerOptions
from framemesh.core.scheduling.queues.call_queue import CallQueue
from framemesh.core.scheduling.queues.deadline_queue import DeadlineQueue
from framemesh.core.scheduling.queues.depth_queue import DepthQueue
from framemesh.core.scheduling.scheduler import Call, Waiting
from framemesh.core.scheduling.tables import Tables

HEDGE_QUANTILE = 0.95
"""Of its latency, after which a call is overdue: repetitions are one in twenty calls, then."""


class CostScheduler:
    """Composes all parts behind `Scheduler`, for one pipeline and one caller.

    Every decision is in `log` with its reason. Mutable: it holds what it learns, in bounds.
    """

    def __init__(
        self,
        graph: CallGraph,
        backends: Sequence[Backend],
        profile: Mapping[Configuration, LatencyPrior],
        objective: float,
        options: SchedulerOptions | None = None,
        *,
        rates: Rates | None = None,
        seed: int = 0,
        callers: int = 1,
    ) -> None:
        """
        Args:
            profile: of the configurations that may be used.
            objective: seconds from the capture of a frame to its deadline.
            rates: calls that one of a parent leads to, until some were seen; 1 where none are told.
            seed: another one for each caller.
            callers: how many send to the backends, this one included.

        Raises:
            FramemeshError: a node that nothing can run, or an unknown backend.
        """
        self.options = options or SchedulerOptions()
        self.log = DecisionLog()
        self._graph = graph
        self._knowledge = Knowledge(
            graph,
            backends,
            profile,
            rates=rates,
            seed=seed,
            callers=callers,
            deepest_first=self.options.depth_priority,
        )
        self._tables = Tables(self._knowledge, self.options, objective)
        self._dispatching = Dispatching(self._knowledge, self._tables, self.options)
        self._hedges = HedgeBudget(self.options.extra_work)
        self._previous: dict[str, Configuration] = {}
        """Of each node, what was chosen last."""

    @property
    def knowledge(self) -> Knowledge:
        """What it learned, to be looked at."""
        return self._knowledge

    def queue(self, bound: int) -> CallQueue:
        """As in `Scheduler`."""
        return DepthQueue(bound) if self.options.depth_priority else DeadlineQueue(bound)

    def choose(self, call: Call, now: float) -> Decision:
        """As in `Scheduler`."""
        self._tables.refresh(now)
        node, remaining = self._graph.node(call.node), call.deadline - now
        backlog = self._knowledge.backlog
        backlog.leave(call.id)
        offers = self._tables.offers(call.node, call.items + backlog.waiting(call.node))
        situation = Situation(
            offers,
            self._waits(call.node, offers, now),
            self._tables.costs(now),
            now,
            remaining,
            self._tables.allowance(call.node, call.camera, remaining),
            self._tables.behind(call.node),
            self._tables.behind_mean(call.node),
            node.optional,
            self._previous.get(call.node),
        )
        decision = choose(situation, self.options.hysteresis)
        if isinstance(decision, Choice):
            configuration = decision.configuration
            self._previous[call.node] = configuration
            seconds = self._tables.mean(configuration, configuration.batch, now)
            backlog.assign(call.id, configuration, seconds)
        self.log.add(Logged(now, call, decision))
        return decision

    def dispatch(self, waiting: Waiting, now: float) -> Dispatch | HoldUntil:
        """As in `Scheduler`."""
        self._tables.refresh(now)
        decision = self._dispatching.decide(waiting, now)
        self.log.add(Logged(now, waiting, decision))
        return decision

    def hedge(self, running: Running, now: float) -> Clone | Leave | HoldUntil:
        """As in `Scheduler`."""
        self._tables.refresh(now)
        decision = self._hedged(running, now)
        if isinstance(decision, Clone):
            self._hedges.spend(decision.choice.seconds)
        self.log.add(Logged(now, running, decision))
        return decision

    def arrived(self, camera: str, now: float) -> None:
        """As in `Scheduler`."""
        self._knowledge.arrived(now)

    def branched(self, camera: str, parent: str, child: str, calls: int) -> None:
        """As in `Scheduler`."""
        if self.options.feedback:
            self._knowledge.branched(camera, parent, child, calls)

    def sent(
        self,
        request: int,
        configuration: Configuration,
        calls: Sequence[int],
        now: float,
        *,
        clone: bool = False,
    ) -> None:
        """As in `Scheduler`."""
        self._tables.refresh(now)
        for call in calls:
            self._knowledge.backlog.leave(call)
        seconds = self._tables.mean(configuration, max(1, len(calls)), now)
        self._knowledge.load(configuration.backend).sent(request, seconds, now)
        if not clone:
            self._hedges.worked(seconds)

    def dropped(self, call: int) -> None:
        """As in `Scheduler`."""
        self._knowledge.backlog.leave(call)

    def observe(
        self,
        configuration: Configuration,
        batch: int,
        seconds: float,
        ok: bool,
        *,
        now: float,
        request: int,
    ) -> None:
        """As in `Scheduler`."""
        load = self._knowledge.load(configuration.backend)
        if not ok:
            load.failed(request, now)
        elif not self.options.feedback:
            load.forgotten(request, now)
        else:
            stayed = max(seconds - self._knowledge.transfer(configuration, batch), 0.0)
            took = load.answered(request, stayed, now)
            self._knowledge.took(configuration, batch, took, now)
            self._tables.observed(configuration, now)

    def cancelled(self, request: int, configuration: Configuration, now: float) -> None:
        """As in `Scheduler`."""
        self._knowledge.load(configuration.backend).forgotten(request, now)

    def told(self, backend: str, queued: int, now: float) -> None:
        """As in `Scheduler`."""
        self._knowledge.load(backend).told(queued, now)

    def _waits(self, stage: str, offers: ItemOffers, now: float) -> list[float]:
        """By backend; infinite where none should be sent. Where that is so on all that are offered,
        it counts for nothing."""
        loads, waits = self._knowledge.loads, self._knowledge.waits(stage, now)
        opened = [
            wait if load.is_open(now) else _NEVER for load, wait in zip(loads, waits, strict=True)
        ]
        for wait, frontier in zip(opened, offers.frontiers, strict=True):
            if wait < _NEVER and frontier.priced:
                return opened
        return waits

    def _hedged(self, running: Running, now: float) -> Clone | Leave | HoldUntil:
        if not self.options.hedging:
            return Leave(LeaveReason.OFF)
        if running.clones:
            return Leave(LeaveReason.REPEATED)
        if now < (overdue := self._overdue_at(running, now)):
            return HoldUntil(overdue, HoldReason.NOT_OVERDUE)
        choice = self._elsewhere(running, now)
        if isinstance(choice, LeaveReason):
            return Leave(choice)
        if not self._hedges.allows(choice.seconds):
            return Leave(LeaveReason.NO_BUDGET)
        return Clone(choice)

    def _overdue_at(self, running: Running, now: float) -> float:
        configuration = running.configuration
        wait = self._knowledge.load(configuration.backend).expected_wait(running.request, now)
        p95 = self._knowledge.quantile(HEDGE_QUANTILE, configuration, running.items, now)
        transfer = self._knowledge.transfer(configuration, running.items)
        return overdue_at(running.sent, wait, p95 + transfer)

    def _elsewhere(self, running: Running, now: float) -> Choice | LeaveReason:
        """On a backend that is not the one that is slow, or why not."""
        stage, backend = running.configuration.stage, running.configuration.backend
        offers = self._tables.elsewhere(stage, running.items, backend)
        if offers is None:
            return LeaveReason.NOWHERE
        remaining, behind = running.deadline - now, self._tables.behind(stage)
        situation = Situation(
            offers,
            self._waits(stage, offers, now),
            self._tables.costs(now),
            now,
            remaining,
            remaining - behind,
            behind,
            self._tables.behind_mean(stage),
        )
        decision = choose(situation)
        return decision if isinstance(decision, Choice) else LeaveReason.TOO_LATE


_NEVER = float("inf")
