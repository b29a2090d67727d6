"""Whether it is working, in words."""

from dataclasses import replace

import pytest

from framemesh.api.master.v1 import node_pb2, pipeline_pb2, sink_pb2
from framemesh.api.monitor.v1 import monitor_pb2
from framemesh.cli.top.pipelines import PipelineRow, Pipelines
from framemesh.cli.top.screen_state import Away, ScreenState
from framemesh.cli.top.verdict import Severity, verdict


def pipeline(backlogs: tuple[int, ...] = (0,), **status: object) -> PipelineRow:
    """One whose backlog was seen once a second, with one worker of one wanted."""
    pipelines = Pipelines()
    found = monitor_pb2.PipelineStatus(pipeline="street", **status)  # type: ignore[arg-type]
    for second, backlog in enumerate(backlogs):
        found.backlog = backlog
        pipelines.observe(float(second), {"street": found}, new=True)
    spec = pipeline_pb2.PipelineSpec(name="street")
    spec.workers.objective.age_p99.FromSeconds(2)
    specified = pipeline_pb2.Pipeline(spec=spec, ready_workers=1, wanted_workers=1)
    return pipelines.row(specified, found)


def state(*rows: PipelineRow, **more: object) -> ScreenState:
    return replace(ScreenState(pipelines=rows, asked=True), **more)  # type: ignore[arg-type]


def with_report(row: PipelineRow, **fields: object) -> PipelineRow:
    return replace(row, report=replace(row.report, **fields))  # type: ignore[arg-type]


def test_a_mesh_without_fault_is_working() -> None:
    found = verdict(state(pipeline(completed_per_second=24.5)))
    assert (found.severity, found.problems) == (Severity.NOTE, ())
    assert found.words == "working: 1 pipeline, 0 cameras sending, 24.5 frames/s"


def test_a_mesh_without_a_pipeline_says_how_to_make_one() -> None:
    assert "framemesh pipeline create" in verdict(state()).words


def test_before_anybody_answered_nothing_is_claimed() -> None:
    assert verdict(ScreenState()).words == "asking monitor and master"


def sink(**more: object) -> sink_pb2.Sink:
    spec = sink_pb2.SinkSpec(name="files", pipeline="street")
    return sink_pb2.Sink(spec=spec, **more)  # type: ignore[arg-type]


UNBALANCED = monitor_pb2.CameraLedger(camera="door", offered=5, accepted=5, done=3)
WORKER = node_pb2.Worker(id="street-r1-0", state=node_pb2.WORKER_STATE_FAILED, trouble="no memory")


@pytest.mark.parametrize(
    ("hurt", "severity", "words"),
    [
        (
            state(pipeline(cameras=[UNBALANCED])),
            Severity.BROKEN,
            "street: the ledger does not bala",
        ),
        (state(pipeline(duplicate_outcomes=2)), Severity.BROKEN, "street: 2 frames have two outco"),
        (state(pipeline(unread_entries=7)), Severity.BROKEN, "street: 7 entries of the ledger we"),
        (
            state(with_report(pipeline(), ready_workers=0)),
            Severity.BROKEN,
            "street: no worker is ready",
        ),
        (
            state(with_report(pipeline(), ready_workers=0, trouble="no node has a GPU")),
            Severity.BROKEN,
            "street: no node has a GPU",
        ),
        (
            state(with_report(pipeline(), trouble="street-r1-0: no memory")),
            Severity.WARNING,
            "street-r1-0: no memory",
        ),
        (state(pipeline(problem="no answer")), Severity.WARNING, "street: incomplete: no answer"),
        (
            state(pipeline(tuple(range(0, 100, 5)))),
            Severity.WARNING,
            "street: 95 frames wait, +5.0/s: its workers are slower than its cameras",
        ),
        (
            state(pipeline(age=monitor_pb2.AgePercentiles(p99_ms=2500))),
            Severity.WARNING,
            "street: p99 of the age is 2.5 s, past its objective of 2 s",
        ),
        (state(pipeline(dead_letters=1)), Severity.NOTE, "street: 1 dead letter: `framemesh dead "),
        (
            state(nodes=(node_pb2.NodeStatus(node=node_pb2.Node(name="east", workers=[WORKER])),)),
            Severity.WARNING,
            "worker street-r1-0 on east: no memory",
        ),
        (
            state(
                nodes=(
                    node_pb2.NodeStatus(
                        node=node_pb2.Node(name="east"), state=node_pb2.NODE_STATE_AWAY
                    ),
                )
            ),
            Severity.WARNING,
            "node east is away",
        ),
        (
            state(sinks=(sink(trouble="the disk is full"),)),
            Severity.WARNING,
            "sink files: the disk is full",
        ),
        (
            state(sinks=(sink(behind_results=1200, behind_seconds=90.0),)),
            Severity.WARNING,
            "sink files is 1,200 results, 90 s behind: no process runs it",
        ),
        (
            state(pipeline(), away=(Away("monitor", 12.0, "no answer", asked_in_vain=False),)),
            Severity.WARNING,
            "monitor is away for 12 s: no answer",
        ),
    ],
)
def test_what_hurts_is_one_line(hurt: ScreenState, severity: Severity, words: str) -> None:
    found = verdict(hurt)
    assert found.severity is severity
    assert [each.words[: len(words)] for each in found.problems] == [words]


def test_a_screen_that_is_old_says_so_first() -> None:
    away = Away("monitor", 12.0, "no answer", asked_in_vain=False)
    assert verdict(state(pipeline(), away=(away,))).words.startswith("not up to date for 12 s")


def test_where_nobody_answers_it_says_what_to_do() -> None:
    away = tuple(Away(name, 1.0, "refused", asked_in_vain=True) for name in ("monitor", "master"))
    found = verdict(state(away=away))
    assert (found.severity, "framemesh up" in found.words) == (Severity.BROKEN, True)


def test_a_sink_that_waits_for_a_whole_file_is_not_behind() -> None:
    waiting = sink(behind_results=1200, behind_seconds=70.0, holder="sink-1")
    assert verdict(state(sinks=(waiting,))).problems
    waiting.spec.kind = sink_pb2.SINK_KIND_PARQUET
    assert not verdict(state(sinks=(waiting,))).problems


def test_a_worker_whose_trouble_the_pipeline_tells_is_told_once() -> None:
    nodes = (node_pb2.NodeStatus(node=node_pb2.Node(name="east", workers=[WORKER])),)
    row = with_report(pipeline(), trouble="street-r1-0 on east: no memory")
    assert len(verdict(state(row, nodes=nodes)).problems) == 1


def test_the_worst_is_told_first() -> None:
    row = with_report(pipeline(dead_letters=1, problem="no answer"), duplicate_outcomes=1)
    assert [each.severity for each in verdict(state(row)).problems] == [2, 1, 0]
