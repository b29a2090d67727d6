"""Wires what the master has for sinks."""

from dataclasses import dataclass
from typing import Self

from framemesh.core.clock import Clock
from framemesh.master.pipelines.change_locks import ChangeLocks
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
    locks: ChangeLocks

    @classmethod
    def of(cls, broker: Broker, pipelines: PipelineStore, locks: ChangeLocks, clock: Clock) -> Self:
        store, states = SinkStore(broker), SinkStates(broker)
        consumers = SinkConsumers(broker, clock)
        manager = SinkManager(
            store=store,
            states=states,
            consumers=consumers,
            pipelines=pipelines,
            locks=locks,
            clock=clock,
        )
        return cls(store, states, consumers, manager, locks)

    async def create(self) -> None:
        """Make the buckets, unless they are there.

        Raises:
            BrokerUnavailable: the broker does not answer in time.
        """
        await self.store.create()
        await self.states.create()

    def watch(self, feed: PipelineFeed) -> SinkWatch:
        """What keeps consumers as they should be, for as long as this process leads."""
        return SinkWatch(self.store, self.states, self.consumers, feed, self.locks)
