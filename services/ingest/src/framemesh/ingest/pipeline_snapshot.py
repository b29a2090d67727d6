"""A pipeline as a session found it, for as long as it stands."""

import asyncio
from collections.abc import Awaitable, Callable

from framemesh.core.errors import FramemeshError
from framemesh.ingest.errors import PipelineChanged
from framemesh.runtime.dataplane.errors import StreamMissing
from framemesh.runtime.dataplane.outbound_message import OutboundMessage
from framemesh.runtime.jetstream.pipeline_store import (
    PipelineStore,
    PipelineUnknown,
    StoredPipeline,
)

RETRY_SECONDS = 0.5
"""Before a stream that has no leader for a moment is tried again."""


class PipelineSnapshot:
    """Stores what belongs to a pipeline, and tells when it is no longer what it was."""

    def __init__(self, stored: StoredPipeline, store: PipelineStore) -> None:
        self.name = stored.spec.name
        self.generation = stored.generation
        self.latest = stored.spec.delivery.latest
        """Set where newer frames may take the place of older ones of a camera: how many stay."""
        self._store = store
        self.fault: FramemeshError | None = None
        """Why no further frame should be taken for it."""

    async def stored(
        self, store: Callable[[OutboundMessage], Awaitable[None]], message: OutboundMessage
    ) -> None:
        """Return when `store` has stored `message` in a stream of this pipeline.

        Raises:
            PipelineUnknown: it was deleted meanwhile.
            PipelineChanged: its frames go to other streams now, or have other rights there.
            BrokerUnavailable: and it cannot be told whether it was.
        """
        while True:
            try:
                return await store(message)
            except StreamMissing:
                # A stream without a leader looks like one that was deleted: the pipeline tells.
                self.compare(await self._store.get(self.name))
            if self.fault:
                raise self.fault
            await asyncio.sleep(RETRY_SECONDS)

    def compare(self, now: StoredPipeline | None) -> None:
        """Look at what it is now; None where there is no pipeline of this name."""
        if now is None:
            self.fault = PipelineUnknown(self.name)
        elif (now.generation, now.spec.delivery.latest) != (self.generation, self.latest):
            self.fault = PipelineChanged(
                f"pipeline {self.name!r} was changed: open the session again"
            )
