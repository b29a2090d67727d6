"""The measurements of all pipelines and of the broker, asked for while somebody reads them."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NoReturn

from framemesh.core.clock import Clock
from framemesh.core.errors import FramemeshError
from framemesh.core.metrics import mesh
from framemesh.core.metrics.metric import Metric
from framemesh.monitor.measurements.backlog_growth import BacklogGrowth
from framemesh.monitor.measurements.broker_storage import BrokerStorage, ServerStorage
from framemesh.monitor.measurements.camera_silence import CameraSilence
from framemesh.monitor.measurements.pipeline_figures import STATES, PipelineFigures, total_of
from framemesh.monitor.status.collector import StatusCollector
from framemesh.monitor.status.pipeline_status import PipelineStatus
from framemesh.monitor.status.shard_backlog import shard_backlogs
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.pipeline_feed import PipelineFeed
from framemesh.runtime.logs import get_logger
from framemesh.runtime.metrics.meter import Meter, Readings
from framemesh.runtime.metrics.on_demand import OnDemand

log = get_logger()

PERIOD_SECONDS = 5.0
"""Between two looks: each takes some requests to the broker for every pipeline."""


@dataclass(frozen=True, slots=True)
class MeasuredMesh:
    """What is looked at."""

    broker: Broker
    feed: PipelineFeed
    statuses: StatusCollector
    storage: BrokerStorage
    cameras: int
    """How many cameras of each pipeline are told apart."""


class MeshMeasurements:
    """Looks at the mesh, and keeps what it saw last."""

    def __init__(self, measured: MeasuredMesh, meter: Meter, clock: Clock) -> None:
        self._mesh = measured
        self._clock = clock
        self._demand = OnDemand(self._look, PERIOD_SECONDS)
        self._growth: dict[str, BacklogGrowth] = {}
        self._silence: dict[str, CameraSilence] = {}
        self._found: Mapping[str, PipelineFigures] = {}
        self._storage: Mapping[str, ServerStorage] = {}
        self._observe(meter)

    async def run(self) -> NoReturn:
        """Runs until cancelled."""
        await self._demand.run()

    async def _look(self) -> None:
        try:
            statuses = await self._mesh.statuses.all()
        except FramemeshError as error:
            log.debug("the mesh cannot be measured", why=str(error))
            return
        found = {status.pipeline: await self._figures(status) for status in statuses}
        for of in (self._growth, self._silence):
            for gone in of.keys() - found.keys():
                del of[gone]
        self._found = found
        self._storage = await self._mesh.storage.ask()

    async def _figures(self, status: PipelineStatus) -> PipelineFigures:
        name, now = status.pipeline, self._clock.monotonic()
        total = await asyncio.to_thread(total_of, status)
        growth = self._growth.setdefault(name, BacklogGrowth())
        if status.backlog:
            growth.add(now, status.backlog.frames)
        cameras = status.ledger.accounts if status.ledger else {}
        silence = self._silence.setdefault(name, CameraSilence(self._mesh.cameras))
        silence.looked(now, cameras)
        return PipelineFigures(
            total=total,
            cameras={camera: cameras[camera] for camera in silence.chosen(cameras)},
            duplicates=status.ledger.duplicate_outcomes if status.ledger else 0,
            unread=status.unread_entries,
            dead_letters=status.dead_letters,
            backlog=status.backlog.frames if status.backlog else None,
            backlog_bytes=status.backlog.bytes if status.backlog else None,
            backlog_limit=self._limit(name),
            shards=await self._shards(name),
            growth=growth.per_second if status.backlog else None,
            silence=silence.seconds(now),
        )

    def _limit(self, pipeline: str) -> int | None:
        stored = self._mesh.feed.pipelines.get(pipeline)
        return None if stored is None else stored.spec.buffer.max_bytes

    async def _shards(self, pipeline: str) -> Mapping[str, int]:
        stored = self._mesh.feed.pipelines.get(pipeline)
        if stored is None:
            return {}
        try:
            return await shard_backlogs(self._mesh.broker, stored)
        except FramemeshError as error:
            log.debug("the shards cannot be measured", pipeline=pipeline, why=str(error))
            return {}

    def _observe(self, meter: Meter) -> None:
        def each(metric: Metric, of: Callable[[PipelineFigures], float | None]) -> None:
            meter.observe(metric, lambda: self._each(of))

        def parts(metric: Metric, of: Callable[[PipelineFigures], Mapping[str, float]]) -> None:
            meter.observe(metric, lambda: self._parts(of))

        parts(mesh.LEDGER_FRAMES, _states)
        parts(mesh.LEDGER_REASONS, lambda of: of.total.reasons if of.total else {})
        each(mesh.LEDGER_PENDING, lambda of: of.total.pending if of.total else None)
        each(mesh.LEDGER_MISSING, lambda of: of.missing)
        each(mesh.LEDGER_DUPLICATES, lambda of: of.duplicates)
        each(mesh.LEDGER_UNREAD, lambda of: of.unread)
        parts(mesh.BACKLOG, lambda of: of.shards)
        each(mesh.BACKLOG_SIZE, lambda of: of.backlog_bytes)
        each(mesh.BACKLOG_LIMIT, lambda of: of.backlog_limit)
        each(mesh.BACKLOG_GROWTH, lambda of: of.growth)
        each(mesh.DEAD_LETTERS, lambda of: of.dead_letters)
        parts(mesh.CAMERA_SILENCE, lambda of: of.silence)
        meter.observe(mesh.CAMERA_FRAMES, self._camera_frames)
        meter.observe(mesh.BROKER_STORAGE, lambda: self._servers(lambda of: of.used))
        meter.observe(mesh.BROKER_LIMIT, lambda: self._servers(lambda of: of.limit))

    def _each(self, of: Callable[[PipelineFigures], float | None]) -> Readings:
        self._demand.read()
        return {
            (name,): value
            for name, figures in self._found.items()
            if (value := of(figures)) is not None
        }

    def _parts(self, of: Callable[[PipelineFigures], Mapping[str, float]]) -> Readings:
        return {
            (name, part): value
            for name, figures in self._found.items()
            for part, value in of(figures).items()
        }

    def _camera_frames(self) -> Readings:
        return {
            (name, camera, state): getattr(account, state)
            for name, figures in self._found.items()
            for camera, account in figures.cameras.items()
            for state in STATES
            if state != "accepted"
        }

    def _servers(self, of: Callable[[ServerStorage], float]) -> Readings:
        return {(server,): of(storage) for server, storage in self._storage.items()}


def _states(figures: PipelineFigures) -> Mapping[str, float]:
    total = figures.total
    return {state: getattr(total, state) for state in STATES} if total else {}
