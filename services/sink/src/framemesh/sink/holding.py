"""What is done with a sink while this process has its lease."""

import asyncio

from framemesh.core.clock import Clock
from framemesh.core.errors import FramemeshError, leaves
from framemesh.runtime.concurrency.background_task import background_task
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.leases.lease_keeper import Lease
from framemesh.runtime.jetstream.sinks.sink_states import SinkStates
from framemesh.runtime.jetstream.sinks.sink_store import StoredSink
from framemesh.runtime.logs import get_logger
from framemesh.sink.intake.picture_index import PictureIndex
from framemesh.sink.intake.pictures import NoPictures, Pictures
from framemesh.sink.intake.place import Place
from framemesh.sink.intake.target import Target
from framemesh.sink.measurements import SinkMeasurements
from framemesh.sink.roster import Roster
from framemesh.sink.running import SinkRun
from framemesh.sink.writers.kinds import make_writer

log = get_logger()

RETRY_SECONDS = 1.0
"""Before a place that is not there is looked for again: a master makes it within 5 s."""


class Holding:
    """Runs sinks, each for as long as its lease lasts."""

    def __init__(
        self,
        broker: Broker,
        roster: Roster,
        *,
        states: SinkStates,
        measurements: SinkMeasurements,
        holder: str,
        clock: Clock,
    ) -> None:
        self._broker = broker
        self._roster = roster
        self._states = states
        self._measurements = measurements
        self._holder = holder
        self._clock = clock

    async def run(self, lease: Lease) -> None:
        """Write the results of one sink until its lease is to end."""
        sink = self._roster.get(lease.shard)
        if sink is None:
            return
        spec = sink.spec
        log.info("sink runs", sink=spec.name, kind=spec.kind.value, epoch=lease.epoch)
        if not spec.kind.needs_pictures:
            await self._run(sink, lease, NoPictures())
            return
        index = PictureIndex(self._broker, spec, self._clock)
        async with background_task(index.run()):
            await self._run(sink, lease, index)

    async def _run(self, sink: StoredSink, lease: Lease, pictures: Pictures) -> None:
        name = sink.spec.name
        writer = await make_writer(sink.spec, self._clock, pictures)
        target = Target(name, writer)
        place = Place(self._broker, sink, self._states, self._clock)
        running = SinkRun(
            self._broker,
            sink,
            place=place,
            target=target,
            policy=writer.policy,
            clock=self._clock,
        )
        self._measurements.began(running)
        try:
            await running.open(lease)
            while lease.certain and not lease.draining.is_set():
                try:
                    await running.session(lease, self._holder)
                except* FramemeshError as group:
                    why = str(leaves(group)[0])
                    log.info("a sink cannot read its results now", sink=name, why=why)
                    await asyncio.sleep(RETRY_SECONDS)
        finally:
            self._measurements.ended(running)
            await target.close()
        log.info("sink rests", sink=name)
