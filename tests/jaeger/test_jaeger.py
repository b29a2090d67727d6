"""Jaeger shows the whole way of a frame as one trace, and `framemesh trace` shows it, too."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

import pytest

from framemesh.api.common.v1 import outcome_pb2
from framemesh.cli.tracing.jaeger import Jaeger, TraceSpan
from framemesh.core.frame import FrameId
from framemesh.core.pipeline.spec import ObjectiveSpec, PipelineSpec, WorkersSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.core.pipeline.tracing_spec import TracingSpec
from framemesh.core.tracing.frame_trace import frame_trace_id
from tests.command_line import framemesh
from tests.e2e.mesh import Mesh
from tests.jaeger.jaeger_server import RunningJaeger
from tests.waiting import eventually
from tests.whole_trace import WHOLE, assert_whole

pytestmark = pytest.mark.asyncio(loop_scope="session")


@dataclass(frozen=True, slots=True)
class Seen:
    """Implements SeenSpan."""

    span_id: str
    parent_id: str
    start: float
    end: float

    @classmethod
    def of(cls, span: TraceSpan) -> "Seen":
        return cls(span.id, span.parent, span.start_micros / 1e6, span.end_micros / 1e6)


async def spans_in(jaeger: RunningJaeger, trace: str, names: frozenset[str]) -> list[TraceSpan]:
    """Those of a trace, once these are among them by the first word of their name."""

    async def ask() -> list[TraceSpan]:
        return list(await asyncio.to_thread(Jaeger(jaeger.page).trace, trace))

    return await eventually(ask, until=lambda spans: names <= {first_word(each) for each in spans})


def first_word(span: TraceSpan) -> str:
    return span.name.split()[0]


def trace_id(pipeline: str, outcome: outcome_pb2.Outcome) -> str:
    frame = outcome.frame
    return frame_trace_id(pipeline, FrameId(frame.camera, frame.session, frame.sequence))


def traced(name: str) -> PipelineSpec:
    never_late = WorkersSpec(objective=ObjectiveSpec(timedelta(hours=1)))
    stages = (StageSpec("people", "person"),)
    return PipelineSpec(name, stages, workers=never_late, tracing=TracingSpec(1.0))


async def test_the_whole_way_of_a_frame_is_one_trace(
    mesh: Mesh, jaeger: RunningJaeger, jpegs: list[bytes]
) -> None:
    await mesh.apply(traced("whole"))
    for outcome in await mesh.watched("whole", jpegs[:4]):
        found = await spans_in(jaeger, trace_id("whole", outcome), WHOLE)
        spans = {first_word(span): span for span in found}
        assert_whole(
            {name: Seen.of(span) for name, span in spans.items()},
            outcome.captured_unix_nano / 1e9,
            outcome.completed_unix_nano / 1e9,
        )
        assert {span.service for span in found} == {
            "framemesh",
            "framemesh-camera",
            "framemesh-ingest",
            "framemesh-buffer",
            "framemesh-worker",
            "framemesh-monitor",
        }
        ((batch_trace, batch_span),) = spans["triton"].links
        batch = await spans_in(jaeger, batch_trace, frozenset({"infer"}))
        (infer,) = [span for span in batch if first_word(span) == "infer"]
        assert infer.id == batch_span
        assert (trace_id("whole", outcome), spans["triton"].id) in infer.links


async def test_tritons_own_spans_are_part_of_the_request(
    mesh: Mesh, jaeger: RunningJaeger, jpegs: list[bytes]
) -> None:
    await mesh.apply(traced("triton"))
    await mesh.push("triton", "door", jpegs[:1])
    (outcome,) = await mesh.outcomes("triton", 1)
    found = await spans_in(jaeger, trace_id("triton", outcome), frozenset({"triton"}))
    (asked,) = [span for span in found if span.name == "triton"]
    ((batch_trace, batch_span),) = asked.links
    batch = await spans_in(jaeger, batch_trace, frozenset({"infer", "InferRequest", "compute"}))
    inside = {span.name: span for span in batch}
    assert inside["InferRequest"].parent == batch_span
    assert inside["InferRequest"].service == "framemesh-triton"
    assert inside["infer people"].start_micros <= inside["compute"].start_micros
    assert inside["compute"].end_micros <= inside["infer people"].end_micros


async def test_framemesh_trace_shows_the_way_of_a_frame_and_its_page(
    mesh: Mesh, jaeger: RunningJaeger, jpegs: list[bytes]
) -> None:
    await mesh.apply(traced("shown"))
    await mesh.push("shown", "door", jpegs[:1])
    (outcome,) = await mesh.outcomes("shown", 1)
    await spans_in(jaeger, trace_id("shown", outcome), frozenset({"frame", "send"}))
    addresses = {"FRAMEMESH_JAEGER": jaeger.page, "FRAMEMESH_MONITOR": mesh.run.monitor}
    shown = await framemesh("trace", "shown", "door", "1", **addresses)
    assert shown.status == 0, shown.error
    *rows, link = shown.output.splitlines()
    assert rows[1].startswith("frame shown")
    for name in ("  send shown", "queue", "decode", "batch", "triton", "outcome", "store"):
        assert any(name in row for row in rows), name
    # What is built from the Go module has no page.
    assert f"{jaeger.page} has no page" in link
    assert link.endswith(trace_id("shown", outcome))
    unknown = await framemesh("trace", "shown", "door", "999", **addresses)
    assert (unknown.status, unknown.error) == (1, "nothing is known of a frame 999 of door\n")
