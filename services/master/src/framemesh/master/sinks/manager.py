"""Adds, shows and removes sinks."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from framemesh.core.clock import NANO, Clock
from framemesh.core.errors import Code, FramemeshError
from framemesh.core.sinks.check import check_sink
from framemesh.core.sinks.spec import SinkSpec
from framemesh.master.pipelines.change_locks import ChangeLocks
from framemesh.master.pipelines.stream_provisioning import BufferRefused, StorageMissing
from framemesh.master.sinks.consumers import Behind, SinkConsumers
from framemesh.runtime.jetstream.connection.broker import BrokerUnavailable
from framemesh.runtime.jetstream.pipeline_store import PipelineStore, PipelineUnknown
from framemesh.runtime.jetstream.sinks.sink_states import SinkState, SinkStates
from framemesh.runtime.jetstream.sinks.sink_store import SinkStore, StoredSink
from framemesh.runtime.logs import get_logger

log = get_logger()

MAX_SINKS = 256
"""Of a mesh. Each has a consumer, and a lease that is renewed every second."""

MAX_SINKS_OF_PIPELINE = 32
"""Each result is delivered to every one of them."""


SILENT_SECONDS = 25.0
"""A process that runs a sink says so every 10 s."""


class SinkUnknown(FramemeshError):
    """There is no sink of that name."""

    code = Code.NOT_FOUND

    def __init__(self, name: str) -> None:
        super().__init__(f"no sink is named {name!r}: `framemesh sink list` shows them")


class SinkExists(FramemeshError):
    """Another sink has the name."""

    code = Code.CONFLICT


class TooManySinks(FramemeshError):
    """There are as many sinks as a mesh bears."""

    code = Code.EXHAUSTED


@dataclass(frozen=True, slots=True)
class RunningSink:
    """A sink, and what is known of it."""

    stored: StoredSink
    state: SinkState
    behind: Behind | None
    """None: its place is not there, or not known at the moment."""


class SinkManager:
    """Every method raises BrokerUnavailable when the broker does not answer in time."""

    def __init__(
        self,
        *,
        store: SinkStore,
        states: SinkStates,
        consumers: SinkConsumers,
        pipelines: PipelineStore,
        locks: ChangeLocks,
        provide: Callable[[str], Awaitable[None]],
        clock: Clock,
    ) -> None:
        """
        Args:
            locks: of changes to pipelines: none is deleted while it gets a sink.
            provide: makes the streams of a pipeline what its sinks ask for.
        """
        self._store = store
        self._states = states
        self._consumers = consumers
        self._pipelines = pipelines
        self._locks = locks
        self._provide = provide
        self._clock = clock

    async def add(self, spec: SinkSpec) -> RunningSink:
        """Add a sink; adding the same again changes nothing.

        Raises:
            InvalidName, InvalidSink: its definition has an error.
            PipelineUnknown: there is no such pipeline.
            SinkExists: another sink has this name.
            TooManySinks: remove one first.
            StorageMissing: the broker has no room for the pictures that it needs.
        """
        check_sink(spec)
        async with self._locks.pipeline(spec.pipeline):
            if (existing := await self._store.get(spec.name)) is not None:
                return await self._running(_same(existing, spec))
            await self._pipelines.get(spec.pipeline)
            _check_room(await self._store.list(), spec)
            # Before its definition: whoever runs it finds its place.
            await self._consumers.make(spec)
            stored = await self._store.add(spec)
            if stored is None:
                raise SinkExists(f"sink {spec.name!r} was added at the same time: choose a name")
        await self._provide_pictures(stored)
        log.info("sink added", sink=spec.name, pipeline=spec.pipeline, kind=spec.kind.value)
        return await self._running(stored)

    async def get(self, name: str) -> RunningSink:
        """
        Raises:
            SinkUnknown: no sink has this name.
        """
        stored = await self._store.get(name)
        if stored is None:
            raise SinkUnknown(name)
        return await self._running(stored)

    async def list(self, pipeline: str = "") -> list[RunningSink]:
        """All sinks, or those of one pipeline, by name."""
        stored = await self._store.list()
        return [
            await self._running(each) for each in stored if pipeline in {"", each.spec.pipeline}
        ]

    async def remove(self, name: str) -> None:
        """Remove a sink; what it wrote stays.

        Raises:
            SinkUnknown: no sink has this name.
        """
        stored = await self._store.get(name)
        if stored is None:
            raise SinkUnknown(name)
        async with self._locks.pipeline(stored.spec.pipeline):
            # First the definition: what is left of the rest is removed by SinkWatch.
            await self._store.remove(name)
            await self._consumers.remove(stored.spec.pipeline, name)
            await self._states.forget(name)
        if stored.spec.kind.needs_pictures:
            with suppress(PipelineUnknown):
                await self._provide(stored.spec.pipeline)
        log.info("sink removed", sink=name, pipeline=stored.spec.pipeline)

    async def _provide_pictures(self, added: StoredSink) -> None:
        if not added.spec.kind.needs_pictures:
            return
        try:
            await self._provide(added.spec.pipeline)
        except (StorageMissing, BufferRefused):
            await self.remove(added.spec.name)
            raise

    async def _running(self, stored: StoredSink) -> RunningSink:
        state = await self._states.of(stored.spec.name, stored.number)
        if self._clock.unix_nano() - state.told_unix_nano > SILENT_SECONDS * NANO:
            state = replace(state, holder="")
        try:
            behind = await self._consumers.behind(stored.spec)
        except BrokerUnavailable as error:
            return RunningSink(stored, replace(state, trouble=str(error)), None)
        if behind is None and not state.trouble:
            pipeline = stored.spec.pipeline
            state = replace(state, trouble=f"pipeline {pipeline!r}, or its ledger, is not there")
        return RunningSink(stored, state, behind)


def _same(existing: StoredSink, spec: SinkSpec) -> StoredSink:
    if existing.spec != spec:
        name, kind = spec.name, existing.spec.kind.value
        raise SinkExists(
            f"sink {name!r} of pipeline {existing.spec.pipeline!r} writes {kind} already: choose"
            f" another name, or `framemesh sink remove {name}` first"
        )
    return existing


def _check_room(there: list[StoredSink], spec: SinkSpec) -> None:
    of_pipeline = sum(1 for each in there if each.spec.pipeline == spec.pipeline)
    if of_pipeline >= MAX_SINKS_OF_PIPELINE or len(there) >= MAX_SINKS:
        raise TooManySinks(
            f"there are {of_pipeline} sinks of pipeline {spec.pipeline!r} and {len(there)} in all,"
            f" of {MAX_SINKS_OF_PIPELINE} and {MAX_SINKS}: remove one first"
        )
