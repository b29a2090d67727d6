"""A leader that is killed after so many steps: writes to JetStream, and applications to the fleet.

It is made of the parts of a master, driven round by round, so that every run takes the same steps.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

from nats.aio.msg import Msg

from framemesh.core.clock import SystemClock
from framemesh.master.fleet.cordons import Cordons
from framemesh.master.fleet.port import FleetDriver, FleetPlan, FleetState, WorkerGroup
from framemesh.master.fleet.reconciler import Reconciler
from framemesh.master.history.event_log import EventLog
from framemesh.master.history.fleet_history import FleetHistory
from framemesh.master.models.catalog import ModelCatalog
from framemesh.master.models.transfers import Transfers
from framemesh.master.pipelines.buffer import BufferProvisioner
from framemesh.master.pipelines.change_journal import ChangeJournal
from framemesh.master.pipelines.manager import PipelineManager
from framemesh.master.pipelines.revisions import Revisions
from framemesh.master.pipelines.shadow_streams import ShadowStreams
from framemesh.master.scaling.autoscaler import Autoscaler
from framemesh.master.scaling.scaling_store import ScalingStore
from framemesh.master.shadows.shadow_store import ShadowStore
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.pipeline_feed import Pipelines
from framemesh.runtime.jetstream.pipeline_store import PipelineStore, PipelineUnknown
from framemesh.runtime.jetstream.revision_store import RevisionStore
from tests.hand_clock import HandClock
from tests.integration.services.running import MIB

T = TypeVar("T")

READS = ("$JS.API.INFO", ".INFO.", ".NAMES", ".MSG.GET.", "$JS.API.DIRECT.", "$SYS.")
"""Parts of the subjects of questions."""

MAX_ROUNDS = 50
"""Of which a change takes a few."""


class Killed(Exception):
    """The leader is no more. Nothing that it does from then on has an effect."""


class Life:
    """The steps that a leader has left."""

    def __init__(self, steps: int | None = None) -> None:
        """None: as many as it likes."""
        self.taken = 0
        self._steps = steps

    def check(self) -> None:
        if self.taken == self._steps:
            raise Killed

    async def step(self, what: Awaitable[T]) -> T:
        """Do it; the kill comes after it, and before its answer."""
        done = await what
        self.taken += 1
        self.check()
        return done


class SuspendedLife(Life):
    """One that is suspended after so many steps, as by SIGSTOP, until `go_on` is set."""

    def __init__(self, steps: int) -> None:
        super().__init__()
        self._suspended_after = steps
        self.suspended, self.go_on = asyncio.Event(), asyncio.Event()

    async def step(self, what: Awaitable[T]) -> T:
        done = await super().step(what)
        if self.taken == self._suspended_after:
            self.suspended.set()
            await self.go_on.wait()
        return done


class MortalBroker(Broker):
    """A connection on which every write is a step."""

    def __init__(self, url: str, life: Life) -> None:
        super().__init__(url)
        self.life = life

    async def call(
        self, subject: str, payload: bytes, headers: Mapping[str, str] | None = None
    ) -> Msg:
        self.life.check()
        asked = super().call(subject, payload, headers)
        reads = any(part in subject for part in READS)
        return await (asked if reads else self.life.step(asked))


class MortalDriver:
    """A driver whose every application is a step."""

    def __init__(self, inner: FleetDriver, life: Life) -> None:
        self._inner = inner
        self._life = life

    async def apply(
        self, groups: Sequence[WorkerGroup], cordoned: Collection[str] = (), epoch: int = 0
    ) -> None:
        self._life.check()
        await self._life.step(self._inner.apply(groups, cordoned, epoch))

    async def observe(self) -> FleetState:
        self._life.check()
        return await self._inner.observe()

    async def plan(self, groups: Sequence[WorkerGroup], cordoned: Collection[str]) -> FleetPlan:
        return await self._inner.plan(groups, cordoned)

    async def places(self, group: WorkerGroup, cordoned: Collection[str]) -> Mapping[str, int]:
        return await self._inner.places(group, cordoned)


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

    certain = True

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch


class Leader:
    """The parts of a master that leads."""

    def __init__(self, broker: Broker, fleet: FleetDriver, epoch: int) -> None:
        self.store, self.cordons = PipelineStore(broker), Cordons(broker)
        self.fleet = fleet
        self._journal = ChangeJournal(broker)
        self._revisions, self._scaling = RevisionStore(broker), ScalingStore(broker)
        self._comparisons = ShadowStore(broker)
        self._events, changed = EventLog(broker, SystemClock()), asyncio.Event()
        self._models = ModelCatalog(broker, Transfers())
        self._scaler = Autoscaler(
            broker, self._scaling, changed=changed, events=self._events, clock=SystemClock()
        )
        self.pipelines = PipelineManager(
            store=self.store,
            revisions=Revisions(self._revisions),
            models=self._models,
            buffers=BufferProvisioner(broker),
            shadows=ShadowStreams(broker),
            journal=self._journal,
            fleet=fleet,
            scaler=self._scaler,
            events=self._events,
            changed=changed,
            max_outcome_bytes=lambda: 8 * MIB,
            clock=HandClock(),
        )
        self.known = StoredPipelines(self.store).known
        self._reconciler = Reconciler(
            pipelines=StoredPipelines(self.store),
            driver=fleet,
            cordons=self.cordons,
            scaler=self._scaler,
            changed=changed,
            leadership=Term(epoch),
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
            self._scaling,
            self._comparisons,
        ):
            await storage.create()
        await self._scaler.load()

    async def settle(self) -> None:
        """Do all that is to be done, as long as something changes."""
        await self.pipelines.finish_begun()
        seen = None
        for _ in range(MAX_ROUNDS):
            for name, stored in (await self.known()).items():
                if stored.draining:
                    await self.pipelines.drain(name)
            await self._reconciler.reconcile()
            now = await self.fleet.observe(), await self.known()
            if now == seen:
                return
            seen = now
        raise AssertionError("it never settles")


@asynccontextmanager
async def running_leader(
    url: str, fleet: Callable[[], FleetDriver], epoch: int, life: Life | None = None
) -> AsyncIterator[Leader]:
    """A leader that has begun; without a `life` it is not killed.

    The steps by which it begins are not counted: they are those of every leader before it.
    """
    life = life or Life()
    broker = MortalBroker(url, Life())
    await broker.connect("leader")
    try:
        found = Leader(broker, MortalDriver(fleet(), life), epoch)
        await found.begin()
        broker.life = life
        yield found
    finally:
        await broker.close()
