"""The parts of a master that leads, driven round by round, so that every run takes the same steps.

What a master does by itself is one line of `Leader.settle`.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager

from framemesh.core.clock import SystemClock
from framemesh.core.frame import FrameId
from framemesh.core.outcome import Fate
from framemesh.core.pipeline.rollout import RolloutPhase
from framemesh.master.fleet.cordons import Cordons
from framemesh.master.fleet.port import FleetDriver
from framemesh.master.fleet.reconciler import Reconciler
from framemesh.master.history.event_log import EventLog
from framemesh.master.history.fleet_history import FleetHistory
from framemesh.master.models.catalog import ModelCatalog
from framemesh.master.models.promotion import ModelPromotion
from framemesh.master.models.transfers import Transfers
from framemesh.master.pipelines.buffer import BufferProvisioner
from framemesh.master.pipelines.change_journal import ChangeJournal
from framemesh.master.pipelines.manager import PipelineManager
from framemesh.master.pipelines.picture_streams import PictureStreams
from framemesh.master.pipelines.planning import PipelinePlanner
from framemesh.master.pipelines.revisions import Revisions
from framemesh.master.pipelines.shadow_streams import ShadowStreams
from framemesh.master.rollouts.figures import Figures
from framemesh.master.rollouts.steps import RolloutSteps
from framemesh.master.rollouts.workers import WorkersSeen
from framemesh.master.scaling.autoscaler import Autoscaler
from framemesh.master.scaling.scaling_store import ScalingStore
from framemesh.master.shadows.shadow_store import ShadowStore
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.leases.fenced_broker import FencedBroker
from framemesh.runtime.jetstream.pipeline_feed import Pipelines
from framemesh.runtime.jetstream.pipeline_store import PipelineStore, PipelineUnknown
from framemesh.runtime.jetstream.revision_store import RevisionStore
from framemesh.runtime.jetstream.sinks.sink_store import SinkStore
from framemesh.runtime.messages.outcome_message import OutcomeSummary
from tests.hand_clock import HandClock
from tests.integration.master.mortal_leaders.broker import Life, MortalBroker, MortalDriver
from tests.integration.services.running import MIB

MAX_ROUNDS = 50
"""Of which a change takes a few."""

ROUND_SECONDS = 1.0
"""Between two rounds, by the hand clock."""

QUIET_ROUNDS = 3
"""Without a change, after which none comes by itself: a phase that is watched lasts for one."""

OUTCOMES = 30
"""Of a new revision: as many as are judged."""


class StoredPipelines:
    """The pipelines as the store has them: what PipelineFeed is for a master."""

    unreadable: Collection[str] = ()

    def __init__(self, store: PipelineStore) -> None:
        self._store = store

    async def known(self) -> Pipelines:
        found = {}
        for name in await self._store.names():
            try:
                found[name] = await self._store.get(name)
            except PipelineUnknown:
                continue
        return found

    async def changes(self) -> AsyncIterator[Pipelines]:
        yield await self.known()


class Term:
    """The leadership of one leader."""

    def __init__(self, epoch: int, newest: Callable[[], int]) -> None:
        """`newest`: the epoch of the leader that leads now."""
        self.epoch = epoch
        self._newest = newest

    @property
    def certain(self) -> bool:
        """A suspended leader knows by its clock that its lease is over."""
        return self._newest() == self.epoch


class Leader:
    """The parts of a master that leads."""

    def __init__(
        self,
        broker: Broker,
        fleet: FleetDriver,
        term: Term,
        clock: HandClock,
        dies_in: RolloutPhase | None,
    ) -> None:
        """`dies_in`: the phase in which all frames of a new revision are dead; None: in none."""
        self.store, self.cordons = PipelineStore(broker), Cordons(broker)
        self.fleet = fleet
        self.scaling = ScalingStore(broker)
        self._comparisons = ShadowStore(broker)
        self._clock = clock
        self._dies_in = dies_in
        self._journal, self._revisions = ChangeJournal(broker), RevisionStore(broker)
        self._events, changed = EventLog(broker, SystemClock()), asyncio.Event()
        self._models = ModelCatalog(broker, Transfers())
        self._scaler = Autoscaler(
            broker, self.scaling, changed=changed, events=self._events, clock=clock
        )
        self.pipelines = PipelineManager(
            store=self.store,
            revisions=Revisions(self._revisions),
            models=self._models,
            buffers=BufferProvisioner(broker),
            shadows=ShadowStreams(broker),
            pictures=PictureStreams(broker, SinkStore(broker)),
            journal=self._journal,
            fleet=fleet,
            scaler=self._scaler,
            events=self._events,
            changed=changed,
            max_outcome_bytes=lambda: 8 * MIB,
            clock=clock,
        )
        planner = PipelinePlanner(
            store=self.store,
            models=self._models,
            fleet=fleet,
            cordons=self.cordons,
            scaler=self._scaler,
            max_outcome_bytes=lambda: 8 * MIB,
        )
        self.promotions = self._models.promotions
        self.promotion = ModelPromotion(self._models, self.store, self.pipelines, planner)
        self._rollouts = RolloutSteps(
            pipelines=self.pipelines,
            driver=fleet,
            scaler=self._scaler,
            events=self._events,
            clock=clock,
        )
        self._source, self._term = StoredPipelines(self.store), term
        self.known = self._source.known
        self._reconciler = Reconciler(
            pipelines=self._source,
            driver=fleet,
            cordons=self.cordons,
            scaler=self._scaler,
            changed=changed,
            leadership=self._term,
            watcher=FleetHistory(self._events),
        )

    async def begin(self) -> None:
        """As a master does it when it is elected."""
        for storage in (
            self.store,
            self._journal,
            self._revisions,
            self._models,
            self._events,
            self.cordons,
            self.scaling,
            self._comparisons,
        ):
            await storage.create()
        await self._scaler.load()

    async def settle(self) -> None:
        """Do all that is to be done, as long as something changes."""
        for name in await self.pipelines.begun():
            await self.pipelines.finish(name)
        await self.promotion.finish()
        seen: deque[object] = deque(maxlen=QUIET_ROUNDS + 1)
        for _ in range(MAX_ROUNDS):
            await self._drain()
            await self._scale()
            await self._reconciler.reconcile()
            await self._roll_out()
            self._clock.seconds += ROUND_SECONDS
            seen.append((await self.fleet.observe(), await self.known()))
            if len(seen) > QUIET_ROUNDS and all(each == seen[0] for each in seen):
                return
        raise AssertionError("it never settles")

    async def _drain(self) -> None:
        for name, stored in (await self.known()).items():
            if stored.draining:
                await self.pipelines.drain(name)

    async def _scale(self) -> None:
        try:
            await self._scaler.look(self._source, self._term)
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from None

    async def _roll_out(self) -> None:
        for stored in (await self.known()).values():
            if stored.rollout is not None:
                workers = WorkersSeen(stored.revision, self._clock)
                fate = Fate.DEAD if stored.rollout.phase is self._dies_in else Fate.DONE
                await self._rollouts.take(stored, workers, _figures(stored.revision, fate))


def _figures(revision: int, fate: Fate) -> Figures:
    """Of a revision all of whose frames have this fate."""
    figures = Figures(revision, 0)
    for number in range(OUTCOMES):
        frame, reason = FrameId("north", "s1", number + 1), "" if fate is Fate.DONE else "broken"
        figures.add(OutcomeSummary(frame, fate, reason, 0.1, 1, 1, revision))
    return figures


@asynccontextmanager
async def running_leader(
    url: str,
    fleet: Callable[[], FleetDriver],
    term: Term,
    *,
    clock: HandClock,
    dies_in: RolloutPhase | None = None,
    life: Life | None = None,
    fenced: bool = True,
) -> AsyncIterator[Leader]:
    """A leader that has begun; without a `life` it is not killed.

    The steps by which it begins are not counted: they are those of every leader before it. One that
    is not `fenced` writes as if it always led.
    """
    life = life or Life()
    broker = MortalBroker(url, Life())
    await broker.connect("leader")
    try:
        fence = FencedBroker(broker)
        fence.lease = term
        writes = fence if fenced else broker
        found = Leader(writes, MortalDriver(fleet(), life), term, clock, dies_in)
        await found.begin()
        broker.life = life
        yield found
    finally:
        await broker.close()
