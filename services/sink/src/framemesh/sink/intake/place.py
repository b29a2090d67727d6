"""How far a sink has come in the ledger of its pipeline, and what was gone before it came there."""

import math
from dataclasses import replace

from framemesh.core.clock import Clock
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.sinks.sink_states import SinkState, SinkStates
from framemesh.runtime.jetstream.sinks.sink_store import StoredSink
from framemesh.runtime.logs import get_logger
from framemesh.runtime.messages.subjects import ledger_stream, sink_consumer

log = get_logger()

TELL_SECONDS = 10.0
"""Who says nothing for a while is not taken for the holder any more."""

LOG_SECONDS = 60.0
"""Between two lines about results that were gone; all of them are counted."""


class Place:
    """The consumer of a sink, and the state that the sink tells.

    Its methods raise BrokerUnavailable when the broker does not answer in time, and
    ConsumerNotFound or StreamNotFound where there is no place.
    """

    def __init__(self, broker: Broker, sink: StoredSink, states: SinkStates, clock: Clock) -> None:
        self._jetstream = JetStream(broker)
        self._states = states
        self._clock = clock
        self._name = sink.spec.name
        self.stream = ledger_stream(sink.spec.pipeline)
        self.consumer = sink_consumer(sink.spec.name)
        self._state = SinkState(sink.number)
        self._told: SinkState | None = None
        """The state as it was told last; None: nothing was read or told yet."""
        self._told_at = -math.inf
        self._logged_at = -math.inf
        self.received = 0
        """The last entry of the ledger that came, in order."""
        self.delivered = 0
        """How many messages came since the consumer began anew."""
        self.lost = 0
        """Entries that were gone, as this process found out."""
        self.behind = 0
        """Results that were not written when the place was looked at last."""
        self.acked = 0
        """All that the sink wants up to this entry is durable."""

    async def begin(self, holder: str) -> SinkState:
        """Have all come again that is not acked; returns the state until now."""
        state = self._state
        if self._told is None:
            state = await self._states.of(self._name, state.number)
        stream = await self._jetstream.streams.info(self.stream)
        info = await self._jetstream.consumers.info(self.stream, self.consumer)
        if state.stream_created != stream.created:
            # Another ledger, or the first time: the consumer knows where it begins.
            state = replace(
                state, stream_created=stream.created, seen_sequence=info.acked_stream_sequence
            )
            self.received = 0
        # A broker that lost power lost its last entries, and gives their numbers away again.
        self.received = min(self.received, stream.state.last_sequence)
        self._state = replace(state, holder=holder)
        self._count_lost(stream.state.first_sequence)
        await self._jetstream.consumers.reset(self.stream, self.consumer)
        self.delivered = 0
        return self._state

    async def look(self) -> bool:
        """See what was lost, and whether something was delivered that did not come."""
        came = self.delivered
        stream = await self._jetstream.streams.info(self.stream)
        info = await self._jetstream.consumers.info(self.stream, self.consumer)
        self.behind = info.waiting + info.unacked
        seen = max(self._state.seen_sequence, self.acked)
        if not info.waiting and not info.unacked:
            seen = max(seen, stream.state.last_sequence)
        self._state = replace(self._state, seen_sequence=seen)
        self._count_lost(stream.state.first_sequence)
        return came == self.delivered and info.delivered_number > self.delivered

    async def tell(self, **changes: str | int) -> None:
        """Write the state of the sink, where it changed or was not told for TELL_SECONDS."""
        seen = max(self._state.seen_sequence, self.acked)
        self._state = replace(self._state, seen_sequence=seen, **changes)  # type: ignore[arg-type]
        now = self._clock.monotonic()
        if self._state == self._told and now - self._told_at < TELL_SECONDS:
            return
        told = replace(self._state, told_unix_nano=self._clock.unix_nano())
        await self._states.tell(self._name, told)
        self._told, self._told_at = self._state, now

    def _count_lost(self, first: int) -> None:
        seen = max(self._state.seen_sequence, self.received)
        lost = first - seen - 1
        if lost <= 0:
            return
        self.lost += lost
        now = self._clock.monotonic()
        if now - self._logged_at >= LOG_SECONDS:
            self._logged_at = now
            log.warning(
                "results were gone before a sink came to them: give the pipeline's ledger more room"
                " or age, or the sink less to write",
                sink=self._name,
                entries=lost,
            )
        self._state = replace(
            self._state, lost_entries=self._state.lost_entries + lost, seen_sequence=first - 1
        )
