"""What the autoscaler remembers: another leader goes on from there, without a step back."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated

from pydantic import Field

from framemesh.core.documents.document import InvalidDocument, dump, read
from framemesh.core.errors import Code, FramemeshError
from framemesh.master.scaling.capacity import UNKNOWN, Capacity
from framemesh.master.scaling.node_rates import NodeRate
from framemesh.runtime.jetstream.api.errors import WrongLastSequence, retryable
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
    entry: Annotated[int, Field(exclude=True)] = field(default=0, compare=False)
    """The revision of its entry in the bucket; 0: there is none."""


class ScaledElsewhere(FramemeshError):
    """Another master stored the number of workers since it was read."""

    code = Code.CONFLICT


class ScalingStore:
    """Every method raises BrokerUnavailable when the broker does not answer in time."""

    def __init__(self, broker: Broker) -> None:
        self._bucket = KeyValueBucket(broker, BUCKET)

    async def create(self) -> None:
        """Make the bucket, unless it is there."""
        await self._bucket.create(BUCKET_BYTES)

    async def all(self) -> dict[str, Scaled]:
        """By pipeline."""
        found = {name: await self.get(name) for name in await self._bucket.keys()}
        return {name: scaled for name, scaled in found.items() if scaled is not None}

    async def get(self, pipeline: str) -> Scaled | None:
        """Of one pipeline; None: nothing is stored of it. What cannot be read is as if nothing was
        learned, and is written over."""
        entry = await self._bucket.get(pipeline)
        if entry is None:
            return None
        try:
            found = read(json.loads(entry.value or b"null"), Scaled, f"scaling of {pipeline}")
        except (ValueError, InvalidDocument) as error:
            log.error("learned capacity is unreadable", pipeline=pipeline, error=str(error))
            found = Scaled(0)
        return replace(found, entry=entry.revision)

    async def put(self, pipeline: str, scaled: Scaled) -> Scaled:
        """Write it in place of what it was made of.

        Raises:
            ScaledElsewhere: another master did so meanwhile.
        """
        value = json.dumps(dump(scaled)).encode()
        with retryable(f"cannot store the number of workers of {pipeline}"):
            try:
                entry = await self._bucket.replace(pipeline, value, scaled.entry)
            except WrongLastSequence as error:
                raise ScaledElsewhere(
                    f"another master scales pipeline {pipeline}: what it stored is read again"
                ) from error
        return replace(scaled, entry=entry)

    async def remove(self, pipeline: str, scaled: Scaled) -> None:
        """Forget what is stored of a pipeline, unless another master stored something newer."""
        await self._bucket.remove(pipeline, scaled.entry)
