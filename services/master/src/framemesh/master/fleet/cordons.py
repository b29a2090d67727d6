"""The nodes on which no worker is placed: those that a person drains."""

import json
from collections.abc import Collection
from typing import Protocol

from framemesh.runtime.jetstream.api.errors import retryable
from framemesh.runtime.jetstream.api.key_value import KeyValueBucket
from framemesh.runtime.jetstream.connection.broker import Broker

BUCKET = "framemesh-nodes"
BUCKET_BYTES = 256 * 1024
"""Some 1,000 nodes that are drained at once."""


class CordonStore(Protocol):
    """What the rest of the master needs of Cordons."""

    @property
    def names(self) -> Collection[str]: ...

    async def add(self, node: str) -> None: ...

    async def remove(self, node: str) -> None: ...


class Cordons:
    """Kept in a bucket, so that a drained node stays so whatever is started again.

    Every method raises BrokerUnavailable when the broker does not answer in time.
    """

    def __init__(self, broker: Broker) -> None:
        self._bucket = KeyValueBucket(broker, BUCKET)
        self._names: set[str] = set()

    async def create(self) -> None:
        """Make the bucket unless it is there, and read it."""
        await self._bucket.create(BUCKET_BYTES)
        self._names = {*await self._bucket.keys()}

    @property
    def names(self) -> Collection[str]:
        """Of the nodes, as known to this master."""
        return frozenset(self._names)

    async def add(self, node: str) -> None:
        """Place no worker on `node` from now on."""
        with retryable(f"cannot drain node {node}"):
            await self._bucket.put(node, json.dumps({"cordoned": True}).encode())
        self._names.add(node)

    async def remove(self, node: str) -> None:
        """Place workers on `node` again."""
        with retryable(f"cannot uncordon node {node}"):
            await self._bucket.remove(node)
        self._names.discard(node)
