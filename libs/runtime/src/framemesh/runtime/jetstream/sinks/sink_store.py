"""The definitions of sinks, in a key-value bucket of JetStream, by name.

A definition is never changed: it is removed, and another one added. So the revision of its entry is
the number of a sink, which no other has, also none of the same name.
"""

import json
from dataclasses import dataclass

from framemesh.core.documents.document import InvalidDocument, dump, read_known
from framemesh.core.sinks.spec import SinkSpec
from framemesh.runtime.jetstream.api.errors import WrongLastSequence, retryable
from framemesh.runtime.jetstream.api.key_value import KeyValueBucket
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.logs import get_logger
from framemesh.runtime.messages.subjects import SINKS_BUCKET

log = get_logger()

BUCKET_BYTES = 4 * 1024 * 1024
"""Some 4,000 sinks."""


@dataclass(frozen=True, slots=True)
class StoredSink:
    """A sink that was added."""

    spec: SinkSpec
    number: int


class SinkStore:
    """Reads and writes the bucket.

    Every method raises BrokerUnavailable when the broker does not answer in time.
    """

    def __init__(self, broker: Broker) -> None:
        self._bucket = KeyValueBucket(broker, SINKS_BUCKET, lasting_removals=True)

    async def create(self) -> None:
        """Make the bucket, unless it is there."""
        await self._bucket.create(BUCKET_BYTES)

    async def get(self, name: str) -> StoredSink | None:
        """A sink; None: there is none.

        Raises:
            InvalidDocument: what is stored cannot be read; NewerDocument: by this version.
        """
        entry = await self._bucket.get(name)
        if entry is None:
            return None
        spec, _ = read_known(entry.value, SinkSpec, f"stored sink {name}")
        return StoredSink(spec, entry.revision)

    async def list(self) -> list[StoredSink]:
        """All that can be read, by name."""
        found = [await self._readable(name) for name in await self._bucket.keys()]
        return [sink for sink in found if sink is not None]

    async def add(self, spec: SinkSpec) -> StoredSink | None:
        """Store a definition; None: there is one of this name already."""
        value = json.dumps(dump(spec)).encode()
        with retryable(f"cannot store sink {spec.name}"):
            try:
                return StoredSink(spec, await self._bucket.replace(spec.name, value, 0))
            except WrongLastSequence:
                return None

    async def remove(self, name: str) -> None:
        """Forget a definition; one that is already gone is fine."""
        with retryable(f"cannot remove sink {name}"):
            await self._bucket.remove(name)

    async def _readable(self, name: str) -> StoredSink | None:
        try:
            return await self.get(name)
        except InvalidDocument as error:
            log.error("a stored sink is unreadable", sink=name, error=str(error))
            return None
