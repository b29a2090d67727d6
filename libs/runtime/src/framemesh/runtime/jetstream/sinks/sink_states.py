"""What sinks tell of themselves: the process that runs one writes it, and masters read it."""

import json
from dataclasses import dataclass

from pydantic import ConfigDict

from framemesh.core.documents.document import InvalidDocument, dump, read_known
from framemesh.runtime.jetstream.api.errors import retryable
from framemesh.runtime.jetstream.api.key_value import KeyValueBucket
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.logs import get_logger
from framemesh.runtime.messages.subjects import SINK_STATES_BUCKET

log = get_logger()

BUCKET_BYTES = 4 * 1024 * 1024
"""Some 8,000 sinks."""


@dataclass(frozen=True, slots=True)
class SinkState:
    """Of one sink; sums are of all processes that ran it."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    number: int
    """Of the sink: another one of the same name begins anew."""
    holder: str = ""
    """The process that runs it; empty: none does."""
    told_unix_nano: int = 0
    """When it said so."""
    written: int = 0
    """Results, also those that were written twice."""
    lost_entries: int = 0
    """Entries of the ledger that were gone before the sink came to them."""
    missing_pictures: int = 0
    refused_results: int = 0
    """Results that were left out, as the target takes others and not these."""
    trouble: str = ""
    """What keeps it from writing, in one line."""
    stream_created: str = ""
    """When the stream of the ledger was made."""
    seen_sequence: int = 0
    """Up to this entry of the ledger, all that the sink wants was delivered to it."""


class SinkStates:
    """Every method raises BrokerUnavailable when the broker does not answer in time."""

    def __init__(self, broker: Broker) -> None:
        self._bucket = KeyValueBucket(broker, SINK_STATES_BUCKET)

    async def create(self) -> None:
        """Make the bucket, unless it is there."""
        await self._bucket.create(BUCKET_BYTES)

    async def of(self, name: str, number: int) -> SinkState:
        """The state of a sink; of one that has told nothing yet, an empty one."""
        entry = await self._bucket.get(name)
        if entry is None:
            return SinkState(number)
        try:
            state, _ = read_known(entry.value, SinkState, f"state of sink {name}")
        except InvalidDocument as error:
            log.error("the state of a sink is unreadable", sink=name, error=str(error))
            return SinkState(number)
        return state if state.number == number else SinkState(number)

    async def names(self) -> list[str]:
        """Of the sinks that told something."""
        return await self._bucket.keys()

    async def tell(self, name: str, state: SinkState) -> None:
        """Write the state of a sink."""
        with retryable(f"cannot tell the state of sink {name}"):
            await self._bucket.put(name, json.dumps(dump(state)).encode())

    async def forget(self, name: str) -> None:
        """Of a sink that was removed; one that is already gone is fine."""
        with retryable(f"cannot forget the state of sink {name}"):
            await self._bucket.remove(name)
