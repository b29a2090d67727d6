"""The data plane on JetStream."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from framemesh.core.clock import Clock
from framemesh.runtime.dataplane.data_plane import Pull, PullLimits
from framemesh.runtime.dataplane.outbound_message import OutboundMessage
from framemesh.runtime.dataplane.received_message import ReceivedMessage
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.consume.puller import puller
from framemesh.runtime.jetstream.publish.publisher import Publisher, publisher


class JetStreamPlane:
    """What `framemesh.runtime.dataplane.data_plane.DataPlane` says, over one connection."""

    def __init__(self, broker: Broker, publisher: Publisher, clock: Clock) -> None:
        self._broker = broker
        self._publisher = publisher
        self._clock = clock

    @property
    def max_message_bytes(self) -> int:
        return self._broker.client.max_payload

    async def store(self, message: OutboundMessage) -> int | None:
        return await self._publisher.store(message)

    def begin_store(self, message: OutboundMessage) -> asyncio.Future[int | None] | None:
        return self._publisher.begin_store(message)

    def pull(
        self,
        stream: str,
        consumer: str,
        limits: PullLimits,
        deliver: Callable[[ReceivedMessage], None],
        on_gap: Callable[[], None] | None = None,
    ) -> AbstractAsyncContextManager[Pull]:
        return puller(
            self._broker,
            stream,
            consumer,
            limits=limits,
            deliver=deliver,
            clock=self._clock,
            on_gap=on_gap,
        )


@asynccontextmanager
async def jetstream_plane(broker: Broker, clock: Clock) -> AsyncIterator[JetStreamPlane]:
    """Writes and pulls for as long as the context lasts."""
    async with publisher(broker) as found:
        yield JetStreamPlane(broker, found, clock)
