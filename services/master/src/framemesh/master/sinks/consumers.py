"""Makes and removes the consumers of sinks, and says how far behind they are."""

from contextlib import suppress
from dataclasses import dataclass

from framemesh.core.clock import NANO, Clock
from framemesh.core.sinks.spec import SinkSpec
from framemesh.runtime.jetstream.api.errors import (
    ConsumerNotFound,
    MessageNotFound,
    StreamNotFound,
    retryable,
)
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.sinks.sink_consumer import sink_consumer_config, sink_subjects
from framemesh.runtime.jetstream.sinks.sink_states import SinkState
from framemesh.runtime.messages.subjects import SINK_CONSUMERS, ledger_stream, sink_consumer


@dataclass(frozen=True, slots=True)
class Behind:
    """What a sink has still to write."""

    results: int
    seconds: float
    """How long the oldest of them has been stored; 0: there is none."""


class SinkConsumers:
    """Every method raises BrokerUnavailable when the broker does not answer in time."""

    def __init__(self, broker: Broker, clock: Clock) -> None:
        self._jetstream = JetStream(broker)
        self._clock = clock

    async def make(self, spec: SinkSpec) -> None:
        """Make the consumer of a new sink, in place of one that was left of another."""
        await self.remove(spec.pipeline, spec.name)
        stream = ledger_stream(spec.pipeline)
        with retryable(f"cannot make the consumer of sink {spec.name}"):
            start = 0
            if not spec.from_start:
                start = (await self._jetstream.streams.info(stream)).state.last_sequence + 1
            config = sink_consumer_config(spec, start)
            await self._jetstream.consumers.create(stream, config)

    async def restore(self, spec: SinkSpec, state: SinkState) -> bool:
        """Make the consumer of a sink that is gone with a server, or with a ledger in whose place
        is another: results may be repeated, and none is left out. Returns whether it was gone."""
        stream, name = ledger_stream(spec.pipeline), sink_consumer(spec.name)
        try:
            await self._jetstream.consumers.info(stream, name)
        except ConsumerNotFound:
            info = await self._jetstream.streams.info(stream)
            same = info.created == state.stream_created
            config = sink_consumer_config(spec, state.seen_sequence + 1 if same else 0)
            with retryable(f"cannot make the consumer of sink {spec.name}"):
                await self._jetstream.consumers.create(stream, config)
            return True
        return False

    async def remove(self, pipeline: str, sink: str) -> None:
        """Remove the consumer of a sink; one that is already gone is fine."""
        with suppress(ConsumerNotFound, StreamNotFound):
            await self._jetstream.consumers.delete(ledger_stream(pipeline), sink_consumer(sink))

    async def names(self, pipeline: str) -> list[str]:
        """The sinks that have a consumer in the ledger of a pipeline."""
        try:
            found = await self._jetstream.consumers.names(ledger_stream(pipeline))
        except StreamNotFound:
            return []
        return [
            name.removeprefix(SINK_CONSUMERS) for name in found if name.startswith(SINK_CONSUMERS)
        ]

    async def behind(self, spec: SinkSpec) -> Behind | None:
        """How far behind a sink is; None: it has no consumer at the moment."""
        stream = ledger_stream(spec.pipeline)
        try:
            info = await self._jetstream.consumers.info(stream, sink_consumer(spec.name))
        except (ConsumerNotFound, StreamNotFound):
            return None
        waiting = info.waiting + info.unacked
        if not waiting:
            return Behind(0, 0)
        return Behind(waiting, await self._age(spec, info.acked_stream_sequence + 1))

    async def _age(self, spec: SinkSpec, sequence: int) -> float:
        stored: list[int] = []
        for subject in sink_subjects(spec):
            with suppress(MessageNotFound, StreamNotFound):
                found = await self._jetstream.messages.direct_next(
                    ledger_stream(spec.pipeline), subject, sequence
                )
                stored.append(found.stored_unix_nano)
        if not stored:
            return 0
        return max(0.0, (self._clock.unix_nano() - min(stored)) / NANO)
