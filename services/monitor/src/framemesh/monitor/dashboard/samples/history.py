"""The figures of every pipeline over the last quarter of an hour."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from framemesh.api.master.v1 import pipeline_pb2
from framemesh.monitor.dashboard.mesh.state import MeshState
from framemesh.monitor.dashboard.messages.samples import Decision, Samples
from framemesh.monitor.dashboard.samples.series import Row, Series
from framemesh.monitor.status.pipeline_status import PipelineStatus

GROWTH_SECONDS = 10.0
"""The derivative of a backlog is taken over so long, where the master has none: as long as the
rates of the ledger."""

NOTHING_KNOWN = pipeline_pb2.Pipeline()


class History:
    """One row a pipeline for each state of the mesh; bounded, as the pipelines of a state are."""

    def __init__(self) -> None:
        self._series: dict[str, Series] = {}

    def add(self, state: MeshState) -> MeshState:
        """Take a state, and return it with the growth of each backlog."""
        names = {*state.pipelines, *state.statuses}
        for gone in self._series.keys() - names:
            del self._series[gone]
        growths: dict[str, float] = {}
        for name in names:
            pipeline = state.pipelines.get(name, NOTHING_KNOWN)
            row = _row(state, pipeline, state.statuses.get(name, PipelineStatus(name)))
            series = self._series.setdefault(name, Series())
            if pipeline.load.HasField("growth"):
                row = replace(row, growth=pipeline.load.growth)
            else:
                row = replace(row, growth=series.growth(row, GROWTH_SECONDS))
            series.add(row)
            if not math.isnan(row.growth):
                growths[name] = row.growth
        return replace(state, growths=growths)

    def samples(
        self,
        pipeline: str,
        after_ms: float,
        step_seconds: float,
        decisions: Sequence[Decision] = (),
    ) -> Samples:
        """Those after a moment, the oldest first; none of a pipeline that is not known."""
        rows = self._series[pipeline].after(after_ms) if pipeline in self._series else []
        return Samples(
            step_s=step_seconds,
            at_ms=[row.at_ms for row in rows],
            backlog=_known(row.backlog for row in rows),
            growth=_known(row.growth for row in rows),
            accepted=_known(row.accepted for row in rows),
            completed=_known(row.completed for row in rows),
            age_p99_ms=_known(row.age_p99_ms for row in rows),
            workers=_known(row.workers for row in rows),
            decisions=[each for each in decisions if each.at_ms > after_ms],
        )


def _row(state: MeshState, pipeline: pipeline_pb2.Pipeline, status: PipelineStatus) -> Row:
    ledger, backlog = status.ledger, status.backlog
    return Row(
        at_ms=state.at_unix_nano / 1e6,
        backlog=math.nan if backlog is None else backlog.frames,
        growth=math.nan,
        accepted=math.nan if ledger is None else ledger.accepted_per_second,
        completed=math.nan if ledger is None else ledger.completed_per_second,
        age_p99_ms=math.nan if ledger is None else 1000 * ledger.ages.p99,
        workers=pipeline.ready_workers,
    )


def _known(values: Iterable[float]) -> list[float | None]:
    return [None if math.isnan(value) else value for value in values]
