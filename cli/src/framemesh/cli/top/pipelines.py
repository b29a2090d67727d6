"""What the screen tells of each pipeline."""

from collections.abc import Mapping
from dataclasses import dataclass

from framemesh.api.master.v1 import pipeline_pb2
from framemesh.api.monitor.v1 import monitor_pb2
from framemesh.cli.common.converters import report_from_proto
from framemesh.cli.top.history import Series
from framemesh.cli.views.report import PipelineReport

GROWING = 0.5
"""Frames a second: a backlog that grows less is steady."""

GROWING_FRAMES = 20
"""A smaller backlog is what workers have under way."""


@dataclass(frozen=True, slots=True)
class PipelineRow:
    """One pipeline."""

    report: PipelineReport
    wanted_workers: int
    objective_seconds: float
    """For the age of 99 frames of 100; 0: none was set."""
    backlog: Series

    @property
    def name(self) -> str:
        return self.report.name

    @property
    def growth(self) -> float:
        """Of the backlog, in frames a second."""
        return self.backlog.growth

    @property
    def grows(self) -> bool:
        """Whether its workers are slower than its cameras."""
        return self.growth >= GROWING and self.report.backlog >= GROWING_FRAMES

    @property
    def late(self) -> bool:
        """Whether frames are older than the objective when they are done."""
        return 0 < self.objective_seconds < self.report.age_p99_ms / 1000

    @property
    def badness(self) -> tuple[bool, ...]:
        """The larger, the worse."""
        idle = bool(self.wanted_workers) and not self.report.ready_workers
        return (not self.balances, idle, bool(self.report.trouble), self.grows, self.late)

    @property
    def balances(self) -> bool:
        """Whether every frame that was offered has one fate, as far as is known."""
        ledgers = (*self.report.cameras, self.report.retired)
        sums = all(ledger.balances for ledger in ledgers)
        return sums and not self.report.duplicate_outcomes and not self.report.unread_entries


class Pipelines:
    """Follows the backlogs of all pipelines."""

    def __init__(self) -> None:
        self._backlogs: dict[str, Series] = {}

    def observe(
        self, at: float, statuses: Mapping[str, monitor_pb2.PipelineStatus], *, new: bool
    ) -> None:
        """Note what the monitor answered at `at` seconds, if that is `new`."""
        self._backlogs = {name: self._backlogs.get(name) or Series() for name in statuses}
        if new:
            for name, status in statuses.items():
                self._backlogs[name].add(at, status.backlog)

    def row(
        self, pipeline: pipeline_pb2.Pipeline | None, status: monitor_pb2.PipelineStatus | None
    ) -> PipelineRow:
        """Of what is known of it, which is something."""
        report = report_from_proto(pipeline, status)
        objective = pipeline.spec.workers.objective if pipeline else None
        seconds = 0.0
        if objective is not None and objective.HasField("age_p99"):
            seconds = objective.age_p99.ToTimedelta().total_seconds()
        wanted = pipeline.wanted_workers + pipeline.wanted_stable_workers if pipeline else 0
        backlog = self._backlogs.get(report.name) or Series()
        return PipelineRow(report, wanted, seconds, backlog)
