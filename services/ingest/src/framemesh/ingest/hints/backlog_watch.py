"""Looks at the buffers of the pipelines that have sessions here."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from framemesh.core.clock import Clock
from framemesh.ingest.hints.pipeline_hints import BufferLook, PipelineHints, SessionHints
from framemesh.ingest.pipeline_snapshot import PipelineSnapshot
from framemesh.runtime.jetstream.api.errors import ApiError
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.jetstream.connection.broker import Broker, BrokerUnavailable
from framemesh.runtime.logs import get_logger
from framemesh.runtime.messages.subjects import frames_streams

log = get_logger()

LOOK_SECONDS = 2.0
"""Between two looks: one request for each stream of a pipeline, however many cameras it has."""


class BacklogWatch:
    """For one event loop."""

    def __init__(self, broker: Broker, clock: Clock) -> None:
        self._streams = JetStream(broker).streams
        self._clock = clock
        self._pipelines: dict[str, tuple[PipelineSnapshot, PipelineHints]] = {}
        """Those that have sessions here."""

    @contextmanager
    def session(self, pipeline: PipelineSnapshot) -> Iterator[SessionHints]:
        """The hints of a session, while the context lasts."""
        known = self._pipelines.get(pipeline.name)
        if known is None or known[0].generation != pipeline.generation:
            hints = PipelineHints(pipeline.max_age_seconds)
            self._pipelines[pipeline.name] = known = (pipeline, hints)
        with known[1].session() as opened:
            yield opened

    async def run(self) -> NoReturn:
        """Look until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            for name, (pipeline, hints) in list(self._pipelines.items()):
                if not hints.is_used:
                    if self._pipelines.get(name, (None, None))[1] is hints:
                        del self._pipelines[name]
                    continue
                try:
                    hints.look(await self._look(pipeline))
                except (ApiError, BrokerUnavailable) as error:
                    log.debug("backlog cannot be read", pipeline=name, error=str(error))

    async def _look(self, pipeline: PipelineSnapshot) -> BufferLook:
        arrived = backlog = 0
        full = 0.0
        for stream in frames_streams(pipeline.name, pipeline.generation):
            info = await self._streams.info(stream)
            arrived += info.state.last_sequence
            backlog += info.state.messages
            full = max(full, info.state.bytes / info.config.max_bytes)
        return BufferLook(self._clock.monotonic(), arrived, backlog, full)
