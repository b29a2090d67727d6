"""What is known of a shadow: what was compared, and what it skipped."""

from dataclasses import dataclass

from framemesh.core.clock import Clock
from framemesh.core.errors import Code, FramemeshError
from framemesh.master.shadows.comparer import compared_stages
from framemesh.master.shadows.shadow_store import ComparedRun, ShadowStore
from framemesh.runtime.jetstream.api.errors import StreamNotFound
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.pipeline_store import PipelineStore
from framemesh.runtime.messages.subjects import runs_stream, shadow_run, shadow_stream


class ShadowUnknown(FramemeshError):
    """A pipeline has no shadow, and had none."""

    code = Code.NOT_FOUND

    def __init__(self, pipeline: str) -> None:
        super().__init__(
            f"pipeline {pipeline!r} has no shadow: name the versions in rollout.shadow.models of"
            " its file, and apply it"
        )


@dataclass(frozen=True, slots=True)
class Backlog:
    """The frames that a shadow did not do."""

    waiting: int
    """Not done yet."""
    skipped: int
    """It was not ready, or too slow."""


@dataclass(frozen=True, slots=True)
class ShadowReport:
    pipeline: str
    compared: ComparedRun
    backlog: Backlog | None
    """None: the shadow has ended."""


class ShadowReports:
    """Makes reports of what the stores and the streams say now."""

    def __init__(
        self, broker: Broker, pipelines: PipelineStore, comparisons: ShadowStore, clock: Clock
    ) -> None:
        self._streams = JetStream(broker).streams
        self._pipelines = pipelines
        self._comparisons = comparisons
        self._clock = clock

    async def of(self, pipeline: str) -> ShadowReport:
        """Of the shadow that a pipeline has, or of the last one that it had.

        Raises:
            PipelineUnknown: no pipeline has this name.
            ShadowUnknown: it has no shadow, and had none.
            BrokerUnavailable: the broker does not answer in time.
        """
        stored = await self._pipelines.get(pipeline)
        compared = await self._comparisons.get(pipeline)
        if stored.shadow:
            run = shadow_run(stored.shadow)
            if compared is None or compared.run != run:
                # The leader has not looked at it yet.
                stages = compared_stages(stored.spec)
                compared = ComparedRun(run, self._clock.unix_nano(), stages)
                return ShadowReport(pipeline, compared, Backlog(0, 0))
            return ShadowReport(pipeline, compared, await self._backlog(pipeline, compared))
        if compared is None:
            raise ShadowUnknown(pipeline)
        return ShadowReport(pipeline, compared, None)

    async def _backlog(self, pipeline: str, compared: ComparedRun) -> Backlog | None:
        try:
            # The outcomes first: what is done in between counts as waiting no more, nor as skipped.
            outcomes = (await self._streams.info(runs_stream(pipeline))).state
            copies = (await self._streams.info(shadow_stream(pipeline))).state
        except StreamNotFound:
            return None
        given = copies.last_sequence - compared.copies_before
        done = outcomes.last_sequence - compared.outcomes_before
        return Backlog(copies.messages, max(0, given - done - copies.messages))
