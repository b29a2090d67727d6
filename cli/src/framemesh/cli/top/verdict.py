"""Is it working, and where does it hurt: in words, the worst first."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from framemesh.api.master.v1 import node_pb2, sink_pb2
from framemesh.cli.top.pipelines import PipelineRow
from framemesh.cli.top.screen_state import Away, ScreenState

NAMED = 3
"""Cameras that one line names."""

BEHIND_SECONDS = 30.0
"""A sink that is less far behind is only busy."""

PARQUET_SECONDS = 60.0
"""A file of Parquet is whole, and its results written, after so long, unless the sink says."""

SERVICES = 2
"""That are asked: monitor and master."""


class Severity(IntEnum):
    """How bad it is; a higher one is worse."""

    NOTE = 0
    WARNING = 1
    BROKEN = 2


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that hurts, in one line."""

    severity: Severity
    words: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the first line of the screen says, and the lines below it."""

    severity: Severity
    words: str
    problems: tuple[Problem, ...]


def verdict(state: ScreenState) -> Verdict:
    """Of all that is known."""
    problems = sorted(_problems(state), key=lambda each: -each.severity)
    worst = max((each.severity for each in problems), default=Severity.NOTE)
    match worst:
        case Severity.BROKEN if len(state.away) == SERVICES:
            words = "nothing answers: is framemesh running? start it with `framemesh up`"
        case _ if state.away and state.pipelines:
            seconds = max(away.seconds for away in state.away)
            words = f"not up to date for {seconds:.0f} s; then: {_figures(state)}"
        case Severity.BROKEN:
            words = f"broken: {_figures(state)}"
        case Severity.WARNING:
            words = f"working, and it hurts: {_figures(state)}"
        case _:
            words = f"working: {_figures(state)}" if state.pipelines else _idle(state)
    return Verdict(worst, words, tuple(problems))


def _idle(state: ScreenState) -> str:
    if not state.asked:
        return "asking monitor and master"
    return "no pipeline yet: `framemesh pipeline create NAME --model MODEL` makes one"


def _figures(state: ScreenState) -> str:
    done = sum(row.report.completed_per_second for row in state.pipelines)
    pipelines = _count(len(state.pipelines), "pipeline")
    sending = sum(row.offered_per_second > 0 for row in state.cameras)
    return f"{pipelines}, {_count(sending, 'camera')} sending, {done:.1f} frames/s"


def _problems(state: ScreenState) -> Iterator[Problem]:
    severity = Severity.BROKEN if len(state.away) == SERVICES else Severity.WARNING
    for away in state.away:
        yield Problem(severity, _away(away))
    for row in state.pipelines:
        yield from _of_pipeline(row)
    told = " ".join(row.report.trouble for row in state.pipelines)
    for status in state.nodes:
        yield from _of_node(status, told)
    for sink in state.sinks:
        yield from _of_sink(sink)
    silent = [row.ledger.camera for row in state.cameras if row.silent]
    if silent:
        are = "is" if len(silent) == 1 else "are"
        yield Problem(
            Severity.WARNING, f"{_count(len(silent), 'camera')} {are} silent: {_names(silent)}"
        )


def _away(away: Away) -> str:
    since = "" if away.asked_in_vain else f" for {away.seconds:.0f} s"
    return f"{away.name} is away{since}: {away.trouble}"


def _of_pipeline(row: PipelineRow) -> Iterator[Problem]:
    report, name = row.report, row.name
    if not row.balances:
        yield Problem(Severity.BROKEN, f"{name}: {_imbalance(row)}")
    if report.trouble:
        severity = Severity.WARNING if report.ready_workers else Severity.BROKEN
        # Often it begins with a worker, whose name begins with that of the pipeline.
        said = report.trouble.startswith(f"{name}-")
        yield Problem(severity, report.trouble if said else f"{name}: {report.trouble}")
    elif row.wanted_workers and not report.ready_workers:
        yield Problem(Severity.BROKEN, f"{name}: no worker is ready yet")
    if report.problem:
        yield Problem(Severity.WARNING, f"{name}: incomplete: {report.problem}")
    if row.grows:
        yield Problem(
            Severity.WARNING,
            f"{name}: {report.backlog:,} frames wait, {row.growth:+.1f}/s: its workers are slower"
            " than its cameras",
        )
    if row.late:
        yield Problem(
            Severity.WARNING,
            f"{name}: p99 of the age is {report.age_p99_ms / 1000:.1f} s, past its objective of"
            f" {row.objective_seconds:g} s",
        )
    if report.dead_letters:
        kept = _count(report.dead_letters, "dead letter")
        yield Problem(Severity.NOTE, f"{name}: {kept}: `framemesh dead list {name}`")


def _imbalance(row: PipelineRow) -> str:
    if row.report.duplicate_outcomes:
        return f"{row.report.duplicate_outcomes:,} frames have two outcomes"
    if row.report.unread_entries:
        return f"{row.report.unread_entries:,} entries of the ledger were dropped unread"
    cameras = [each.camera for each in row.report.cameras if not each.balances]
    return f"the ledger does not balance: {_names(cameras) or 'of cameras that are gone'}"


def _of_node(status: node_pb2.NodeStatus, told: str) -> Iterator[Problem]:
    """`told` is what the pipelines say of their workers already."""
    node = status.node
    if status.state == node_pb2.NODE_STATE_AWAY:
        yield Problem(Severity.WARNING, f"node {node.name} is away; its workers run elsewhere")
    for worker in node.workers:
        if worker.state == node_pb2.WORKER_STATE_FAILED and worker.id not in told:
            yield Problem(Severity.WARNING, f"worker {worker.id} on {node.name}: {worker.trouble}")


def _of_sink(sink: sink_pb2.Sink) -> Iterator[Problem]:
    name, behind = sink.spec.name, sink.behind_seconds
    if sink.trouble:
        yield Problem(Severity.WARNING, f"sink {name}: {sink.trouble}")
    elif behind >= BEHIND_SECONDS + _holds_back_seconds(sink.spec):
        results = f"{sink.behind_results:,} results, " if sink.behind_results else ""
        why = "" if sink.holder else ": no process runs it"
        yield Problem(Severity.WARNING, f"sink {name} is {results}{behind:.0f} s behind{why}")


def _holds_back_seconds(spec: sink_pb2.SinkSpec) -> float:
    """For how long it keeps results on purpose."""
    if spec.kind != sink_pb2.SINK_KIND_PARQUET:
        return 0.0
    return spec.options.file_seconds or PARQUET_SECONDS


def _names(names: list[str]) -> str:
    shown = ", ".join(names[:NAMED])
    return f"{shown} and {len(names) - NAMED} more" if len(names) > NAMED else shown


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
