"""What the autoscaler remembers: another leader goes on from there, without a step back."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from framemesh.core.documents.document import InvalidDocument, dump, read
from framemesh.master.scaling.capacity import UNKNOWN, Capacity
from framemesh.master.scaling.node_rates import NodeRate
from framemesh.runtime.jetstream.api.errors import retryable
from framemesh.runtime.jetstream.api.key_value import KeyValueBucket
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.logs import get_logger

log = get_logger()

BUCKET = "framemesh-scaling"
BUCKET_BYTES = 4 * 1024 * 1024
"""Some 10,000 pipelines."""


@dataclass(frozen=True, slots=True)
class Scaled:
    """The workers that a pipeline should have, and what was learned of them."""

    replicas: int
    changed_unix_nano: int = 0
    """When that number changed."""
    capacity: Capacity = UNKNOWN
    nodes: Mapping[str, int] = field(default_factory=dict)
    """How many of them each node should have; empty where that does not matter."""
    rates: Mapping[str, NodeRate] = field(default_factory=dict)
    """What one worker does on each node."""


class ScalingStore:
    """Every method raises BrokerUnavailable when the broker does not answer in time."""

    def __init__(self, broker: Broker) -> None:
        self._bucket = KeyValueBucket(broker, BUCKET)

    async def create(self) -> None:
        """Make the bucket, unless it is there."""
        await self._bucket.create(BUCKET_BYTES)

    async def all(self) -> dict[str, Scaled]:
        """By pipeline. What cannot be read is left out: it is learned again."""
        found = {name: await self._read(name) for name in await self._bucket.keys()}
        return {name: scaled for name, scaled in found.items() if scaled is not None}

    async def put(self, pipeline: str, scaled: Scaled) -> None:
        with retryable(f"cannot store the number of workers of {pipeline}"):
            await self._bucket.put(pipeline, json.dumps(dump(scaled)).encode())

    async def remove(self, pipeline: str) -> None:
        await self._bucket.remove(pipeline)

    async def _read(self, name: str) -> Scaled | None:
        entry = await self._bucket.get(name)
        if entry is None:
            return None
        try:
            return read(json.loads(entry.value or b"null"), Scaled, f"scaling of {name}")
        except (ValueError, InvalidDocument) as error:
            log.error("learned capacity is unreadable", pipeline=name, error=str(error))
            return None
