"""Brings the workers that run to those that should run."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from typing import NoReturn, Protocol

from framemesh.core.errors import FramemeshError
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.core.worker_role import WorkerRole
from framemesh.master.fleet.cordons import CordonStore
from framemesh.master.fleet.port import FleetDriver, FleetState, WorkerGroup
from framemesh.master.fleet.rollout_groups import groups_of
from framemesh.master.fleet.wanted import as_observed, shadow_group
from framemesh.runtime.concurrency.background_task import background_task
from framemesh.runtime.jetstream.pipeline_feed import Pipelines
from framemesh.runtime.logs import get_logger

log = get_logger()

PERIOD_SECONDS = 2.0
"""Between two rounds when nothing seems to have changed."""

MIN_PERIOD_SECONDS = 0.1
"""Between two rounds in any case: many workers that change at once cost few rounds, and a person
does not notice the delay."""


class PipelineSource(Protocol):
    """Where the pipelines that should run are found: what PipelineFeed has for this."""

    @property
    def unreadable(self) -> Collection[str]:
        """Names of pipelines whose entry cannot be read: nobody knows what they should be."""
        ...

    async def known(self) -> Pipelines: ...

    def changes(self) -> AsyncIterator[Pipelines]: ...


class Watcher(Protocol):
    """Who takes note of what every round sees: what FleetHistory has for this."""

    def observed(
        self, pipelines: Pipelines, state: FleetState, cordoned: Collection[str]
    ) -> None: ...


class Scaler(Protocol):
    """Who knows how many workers there should be: what Autoscaler has for this."""

    def replicas(self, spec: PipelineSpec) -> int:
        """How many workers a pipeline should have now."""
        ...

    def preferred(self, spec: PipelineSpec) -> Mapping[str, int]:
        """How many of them each node should have; empty where that does not matter."""
        ...

    def observed(self, state: FleetState) -> None:
        """Take note of what there is."""
        ...


class Leadership(Protocol):
    """The right to change what runs: what Lease has for this."""

    @property
    def certain(self) -> bool:
        """Whether nobody else can have it at this moment."""
        ...

    @property
    def epoch(self) -> int:
        """Higher than that of every earlier leader."""
        ...


class Reconciler:
    """Compares what should run with what runs, and corrects the difference, round after round.

    Nothing is remembered from one round to the next, so a round that fails loses nothing, and a
    master that starts goes on where the last one was.
    """

    def __init__(
        self,
        *,
        pipelines: PipelineSource,
        driver: FleetDriver,
        cordons: CordonStore,
        scaler: Scaler,
        changed: asyncio.Event,
        leadership: Leadership,
        watcher: Watcher,
    ) -> None:
        """`changed` starts a round at once: it is set after every change of what runs."""
        self._scaler = scaler
        self._leadership = leadership
        self._pipelines = pipelines
        self._cordons = cordons
        self._driver = driver
        self._changed = changed
        self._watcher = watcher

    async def run(self) -> NoReturn:
        async with background_task(self._follow_pipelines()):
            while True:
                self._changed.clear()
                try:
                    await self.reconcile()
                except FramemeshError as error:
                    log.warning("cannot reconcile, will try again", error=str(error))
                await asyncio.sleep(MIN_PERIOD_SECONDS)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(PERIOD_SECONDS):
                        await self._changed.wait()

    async def _follow_pipelines(self) -> None:
        async for _ in self._pipelines.changes():
            self._changed.set()

    async def reconcile(self) -> None:
        """One round.

        Raises:
            FramemeshError: the driver cannot be reached.
        """
        pipelines = await self._pipelines.known()
        observed = await self._driver.observe()
        self._scaler.observed(observed)
        self._watcher.observed(pipelines, observed, self._cordons.names)
        unreadable = sorted({*self._pipelines.unreadable} - pipelines.keys())
        groups = [*self._next_groups(pipelines, observed)]
        for name in unreadable:
            groups += as_observed(name, observed)
        # Last, as they have what is left.
        groups += filter(None, map(shadow_group, pipelines.values()))
        for name in unreadable:
            groups += as_observed(name, observed, WorkerRole.SHADOW)
        # This process may have been suspended for as long as another one needs to lead.
        if self._leadership.certain:
            await self._driver.apply(groups, self._cordons.names, self._leadership.epoch)

    def _next_groups(self, pipelines: Pipelines, observed: FleetState) -> Iterator[WorkerGroup]:
        for name, stored in sorted(pipelines.items()):
            replicas = self._scaler.replicas(stored.spec)
            preferred = self._scaler.preferred(stored.spec)
            yield from groups_of(stored, replicas, observed.of(name), preferred)
