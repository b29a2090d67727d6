"""A pipeline as a session found it, until it is changed or deleted."""

from framemesh.core.errors import FramemeshError
from framemesh.ingest.errors import PipelineChanged
from framemesh.runtime.jetstream.pipeline_store import (
    PipelineStore,
    PipelineUnknown,
    StoredPipeline,
)


class PipelineSnapshot:
    """What a session relies on of its pipeline, and whether that is still true."""

    def __init__(self, stored: StoredPipeline, store: PipelineStore) -> None:
        self.name = stored.spec.name
        self.generation = stored.generation
        self.latest = stored.spec.delivery.latest
        """Set where newer frames may replace older ones of a camera: how many stay."""
        fresh = stored.spec.delivery.fresh
        self.max_age_seconds = fresh.max_age.total_seconds() if fresh else None
        """At which frames expire."""
        self.sample = stored.spec.tracing.sample
        """Share of its frames that are traced; it changes while sessions go on."""
        self._store = store
        self.fault: FramemeshError | None = None
        """Why no further frame may be taken for it."""

    async def check_stream(self) -> None:
        """Return if the pipeline's streams should exist.

        Raises:
            PipelineUnknown: it was deleted meanwhile.
            PipelineChanged: its frames go to other streams now, or under another policy.
            BrokerUnavailable: it cannot be read.
        """
        self.compare(await self._store.get(self.name))
        if self.fault:
            raise self.fault

    def compare(self, now: StoredPipeline | None) -> None:
        """Compare with the pipeline as it is now; None where there is none of this name."""
        if now is None:
            self.fault = PipelineUnknown(self.name)
        elif not self.matches(now):
            self.fault = PipelineChanged(
                f"pipeline {self.name!r} was changed: open the session again"
            )
        else:
            self.sample = now.spec.tracing.sample

    def matches(self, now: StoredPipeline | None) -> bool:
        """Whether the pipeline is there, and what the session relies on is as it was."""
        return now is not None and (
            (now.generation, now.spec.delivery.latest) == (self.generation, self.latest)
        )
