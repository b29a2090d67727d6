"""What a worker measures of its leases."""

from framemesh.core.metrics.frames import LEASE_MOVES, LEASES_HELD
from framemesh.runtime.jetstream.leases.lease_keeper import Hold, Lease
from framemesh.runtime.metrics.meter import NO_METER, Meter


class LeaseMeasurements:
    """Of the shards of one pipeline."""

    def __init__(self, meter: Meter = NO_METER, pipeline: str = "") -> None:
        self._held = 0
        self._acquired = meter.counter(LEASE_MOVES, pipeline, "acquired")
        self._released = meter.counter(LEASE_MOVES, pipeline, "released")
        self._lost = meter.counter(LEASE_MOVES, pipeline, "lost")
        meter.observe(LEASES_HELD, lambda: {(pipeline,): self._held})

    def measured(self, hold: Hold) -> Hold:
        """The same work on a shard, counted."""

        async def held(lease: Lease) -> None:
            self._held += 1
            self._acquired.add()
            try:
                await hold(lease)
            finally:
                self._held -= 1
                (self._released if lease.certain else self._lost).add()

        return held
