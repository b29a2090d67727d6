"""Leases of the shards that this worker should have; the workers of a pipeline share them all."""

import secrets
from collections.abc import Callable

from framemesh.core.clock import Clock
from framemesh.core.pipeline.generation import Generation
from framemesh.core.worker_speed import UNKNOWN_SPEED, WorkerSpeed
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.leases.lease_bucket import LeaseBucket
from framemesh.runtime.jetstream.leases.lease_group import LeaseGroup
from framemesh.runtime.jetstream.leases.lease_keeper import Hold


class ShardLeases(LeaseGroup):
    """Leases a worker's share of the shards of one generation, and releases what is not its share.

    The high-priority shard of the same number belongs to the same lease.
    """

    def __init__(
        self,
        broker: Broker,
        pipeline: str,
        generation: Generation,
        *,
        canary: bool = False,
        replicas: int,
        worker: str,
        hold: Hold,
        clock: Clock,
        speed: Callable[[], WorkerSpeed] = lambda: UNKNOWN_SPEED,
    ) -> None:
        """
        Args:
            canary: whether it is the shards of its canary that are shared, or all others.
            replicas: of the buffer; the bucket of leases gets at least as many.
            hold: runs once for each leased shard, concurrently.
            speed: what this worker knows of its own; slower ones have fewer shards.
        """
        bucket = LeaseBucket(broker, pipeline, generation.number, replicas, clock, canary=canary)
        # An earlier process of the same name may be suspended instead of dead.
        member = f"{worker}-{secrets.token_hex(4)}"
        shards = range(generation.streams * generation.shards)
        super().__init__(bucket, member, lambda: shards, hold=hold, clock=clock, speed=speed)
