"""The nodes on which no worker is placed: those that a person drains."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from pydantic import ConfigDict

from framemesh.core.documents.document import InvalidDocument, NewerDocument, dump, read_stored
from framemesh.runtime.jetstream.api.errors import retryable
from framemesh.runtime.jetstream.api.key_value import KeyValueBucket
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.logs import get_logger

log = get_logger()

BUCKET = "framemesh-nodes"
BUCKET_BYTES = 256 * 1024
"""Some 1,000 nodes that are drained at once."""


@dataclass(frozen=True, slots=True)
class Cordon:
    """What is stored of a node that is drained."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    cordoned: bool = True


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
        """Place no worker on `node` from now on.

        Raises:
            NewerDocument: a newer master drained it.
        """
        with retryable(f"cannot drain node {node}"):
            if not await self._is_ours(node):
                await self._bucket.put(node, json.dumps(dump(Cordon())).encode())
        self._names.add(node)

    async def remove(self, node: str) -> None:
        """Place workers on `node` again.

        Raises:
            NewerDocument: a newer master drained it.
        """
        with retryable(f"cannot uncordon node {node}"):
            await self._is_ours(node)
            await self._bucket.remove(node)
        self._names.discard(node)

    async def _is_ours(self, node: str) -> bool:
        """Whether there is an entry that this version of the master could have written."""
        entry = await self._bucket.get(node)
        if entry is None:
            return False
        try:
            read_stored(entry.value, Cordon, f"the entry of node {node}")
        except NewerDocument:
            raise
        except InvalidDocument as error:
            log.error("entry of a node is unreadable", node=node, error=str(error))
            return False
        return True
