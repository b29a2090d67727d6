"""The report of a shadow, as a person reads it."""

from rich.console import Console

from framemesh.api.master.v1 import pipeline_pb2
from framemesh.cli.views.listing import Listing
from framemesh.cli.views.pipelines import shadow

REPORT = pipeline_pb2.ShadowReport(
    pipeline="street",
    running=True,
    since_unix_nano=1_700_000_000_000_000_000,
    stages=[
        pipeline_pb2.ShadowedStage(stage="people", model="person", version=1, shadow_version=2)
    ],
    compared_frames=1200,
    same_frames=900,
    waiting_frames=3,
    skipped_frames=12,
    real=pipeline_pb2.ShadowedSide(done_frames=1200, age_p50_seconds=0.04, age_p99_seconds=0.2),
    shadow=pipeline_pb2.ShadowedSide(
        done_frames=1200, failures={"model_crashed": 2}, age_p50_seconds=0.05, age_p99_seconds=0.3
    ),
    classes=[
        pipeline_pb2.ShadowedClass(name="car", real=1, only_real=1),
        pipeline_pb2.ShadowedClass(
            name="person", real=5000, shadow=4990, same=4900, only_real=100, only_shadow=90
        ),
    ],
    relabelled={"car -> person": 1},
    mean_score_difference=-0.0125,
    examples=[pipeline_pb2.DifferingFrame(camera="north", session="s", sequence=7, only_real=4)],
)
REPORT.classes[1].mean_iou = 0.9321


def printed(view: Listing) -> list[str]:
    console = Console(width=160)
    with console.capture() as capture:
        console.print(view)
    return [" ".join(line.split()) for line in capture.get().splitlines()]


def test_what_was_compared_is_told() -> None:
    assert list(shadow.lines(REPORT)) == [
        "shadow of street",
        "  people        person version 1, in the shadow version 2",
        "  since         2023-11-14 22:13:20.000 UTC",
        "  frames        1,200 compared, 900 of them the same (75.0%); 3 wait; 12 skipped",
        "  same          4,900 detections, whose score is -0.013 in the shadow",
        "  other class   car -> person 1",
    ]


def test_both_are_side_by_side() -> None:
    assert printed(shadow.sides_table(REPORT)) == [
        "pipeline shadow",
        "frames done 1,200 1,200",
        "frames model_crashed 0 2",
        "age p50 0.040 s 0.050 s",
        "age p99 0.200 s 0.300 s",
        "detections 5,001 4,990",
    ]


def test_the_class_that_differs_most_is_first() -> None:
    assert printed(shadow.classes_table(REPORT.classes))[1:] == [
        "person 5,000 4,990 4,900 100 90 0.932",
        "car 1 0 0 1 0 -",
    ]
    assert printed(shadow.examples_table(REPORT.examples))[1:] == ["north 7 --session s 4 0"]


def test_of_a_shadow_that_has_ended_nothing_waits() -> None:
    ended = pipeline_pb2.ShadowReport(pipeline="street")
    lines = list(shadow.lines(ended))
    assert lines[0] == "shadow of street, which has ended"
    assert lines[-1] == "  frames        0 compared"
    assert "age p50 - -" in printed(shadow.sides_table(ended))
