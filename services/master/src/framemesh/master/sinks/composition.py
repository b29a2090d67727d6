"""Wires what the master has for sinks."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Self

from framemesh.core.clock import Clock
from framemesh.master.pipelines.change_locks import ChangeLocks
from framemesh.master.pipelines.picture_streams import PictureStreams
from framemesh.master.sinks.consumers import SinkConsumers
from framemesh.master.sinks.manager import SinkManager
from framemesh.master.sinks.watch import SinkWatch
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.pipeline_feed import PipelineFeed
from framemesh.runtime.jetstream.pipeline_store import PipelineStore
from framemesh.runtime.jetstream.sinks.sink_states import SinkStates
from framemesh.runtime.jetstream.sinks.sink_store import SinkStore


@dataclass(frozen=True, slots=True)
class Sinks:
    """The parts, and how they are begun."""

    store: SinkStore
    states: SinkStates
    consumers: SinkConsumers
    manager: SinkManager
    pictures: PictureStreams
    locks: ChangeLocks
    provide: Callable[[str], Awaitable[None]]

    @classmethod
    def of(
        cls,
        broker: Broker,
        pipelines: PipelineStore,
        locks: ChangeLocks,
        provide: Callable[[str], Awaitable[None]],
        clock: Clock,
    ) -> Self:
        """`provide`: makes the streams of a pipeline what its sinks ask for."""
        store, states = SinkStore(broker), SinkStates(broker)
        pictures = PictureStreams(broker, store)
        consumers = SinkConsumers(broker, clock)
        manager = SinkManager(
            store=store,
            states=states,
            consumers=consumers,
            pipelines=pipelines,
            locks=locks,
            provide=provide,
            clock=clock,
        )
        return cls(store, states, consumers, manager, pictures, locks, provide)

    async def create(self) -> None:
        """Make the buckets, unless they are there.

        Raises:
            BrokerUnavailable: the broker does not answer in time.
        """
        await self.store.create()
        await self.states.create()

    def watch(self, feed: PipelineFeed) -> SinkWatch:
        """What keeps consumers as they should be, for as long as this process leads."""
        return SinkWatch(
            store=self.store,
            states=self.states,
            consumers=self.consumers,
            pictures=self.pictures,
            feed=feed,
            locks=self.locks,
            provide=self.provide,
        )
