"""The way of a frame through a mesh is one trace, whoever collects it."""

import struct
from collections.abc import AsyncIterator, Collection
from datetime import timedelta
from functools import partial
from zlib import crc32

import pytest
import pytest_asyncio

from framemesh.api.common.v1 import outcome_pb2
from framemesh.cli.local.ports import Ports
from framemesh.cli.local.running import running_mesh
from framemesh.core.frame import FrameId
from framemesh.core.pipeline.spec import ObjectiveSpec, PipelineSpec, WorkersSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.core.pipeline.tracing_spec import TracingSpec
from framemesh.core.tracing.frame_trace import frame_trace_id
from framemesh.sdk import AsyncCamera
from tests.collector import CollectedSpan, Collector, collector
from tests.e2e.mesh import ROOT, Mesh
from tests.waiting import eventually
from tests.whole_trace import STORED, WHOLE, assert_whole

pytestmark = pytest.mark.asyncio(loop_scope="module")

STAGES = (StageSpec("people", "person"),)
SLOW = WorkersSpec(objective=ObjectiveSpec(timedelta(hours=1)))
"""However busy the machine is, no frame is late."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def collected() -> AsyncIterator[Collector]:
    async with collector() as found:
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def traced_mesh(
    collected: Collector, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Mesh]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FRAMEMESH_OTLP", collected.address)
        data = tmp_path_factory.mktemp("traced")
        async with running_mesh(data, Ports.free(), store_max_bytes=8 * 1024**3) as run:
            found = Mesh(run)
            await found.add_model(ROOT / "models/person")
            yield found


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def deleted_pipelines(traced_mesh: Mesh) -> AsyncIterator[None]:
    yield
    await traced_mesh.delete_all()


def undecodable_png() -> bytes:
    """One that declares a size and holds no pixels: ingest, which decodes nothing, takes it."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", crc32(kind + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 64, 64, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", b"no pixels") + chunk(b"IEND", b"")


def trace_id(pipeline: str, outcome: outcome_pb2.Outcome) -> str:
    frame = outcome.frame
    return frame_trace_id(pipeline, FrameId(frame.camera, frame.session, frame.sequence))


async def spans_of(
    collected: Collector, trace: str, names: Collection[str]
) -> dict[str, CollectedSpan]:
    """The spans of a trace by the first word of their name, once all of these are there."""
    return await eventually(
        lambda: collected.of(trace), until=lambda spans: set(names) <= spans.keys()
    )


async def test_the_whole_way_of_a_frame_is_one_trace_whose_times_are_its_age(
    traced_mesh: Mesh, collected: Collector, jpegs: list[bytes]
) -> None:
    spec = PipelineSpec("whole", STAGES, workers=SLOW, tracing=TracingSpec(1.0))
    await traced_mesh.apply(spec)
    for outcome in await traced_mesh.watched("whole", jpegs[:4]):
        spans = await spans_of(collected, trace_id("whole", outcome), WHOLE)
        assert_whole(spans, outcome.captured_unix_nano / 1e9, outcome.completed_unix_nano / 1e9)
        services = {name: spans[name].service.removeprefix("framemesh") for name in spans}
        assert [services[name] for name in ("frame", "send", "ingest", "dwell", "process")] == [
            "",
            "-camera",
            "-ingest",
            "-buffer",
            "-worker",
        ]
        ((batch_trace, batch_span),) = spans["triton"].links
        await eventually(partial(collected.of, batch_trace))
        infer = collected.of(batch_trace)["infer"]
        assert infer.span_id == batch_span
        assert (spans["triton"].trace_id, spans["triton"].span_id) in infer.links


async def test_sampling_is_changed_while_cameras_and_workers_go_on(
    traced_mesh: Mesh, collected: Collector, jpegs: list[bytes]
) -> None:
    await traced_mesh.apply(PipelineSpec("share", STAGES, workers=SLOW, tracing=TracingSpec(0.0)))
    before = await traced_mesh.pipeline("share")
    sender = AsyncCamera(traced_mesh.run.ingest, pipeline="share", name="door")
    async with sender:
        await sender.send(jpegs[0])
        await traced_mesh.outcomes("share", 1)
        traced = PipelineSpec("share", STAGES, workers=SLOW, tracing=TracingSpec(1.0))
        await traced_mesh.apply(traced)

        async def is_traced() -> bool:
            number = await sender.send(jpegs[0])
            frame = FrameId("door", sender.session, number)
            await traced_mesh.outcomes("share", number)
            return bool(collected.of(frame_trace_id("share", frame)))

        await eventually(is_traced)
    first = FrameId("door", sender.session, 1)
    assert collected.of(frame_trace_id("share", first)) == {}
    assert (await traced_mesh.pipeline("share")).revision == before.revision


async def test_a_dead_frame_is_traced_though_nobody_chose_it(
    traced_mesh: Mesh, collected: Collector, jpegs: list[bytes]
) -> None:
    await traced_mesh.apply(PipelineSpec("dead", STAGES, workers=SLOW, tracing=TracingSpec(0.0)))
    await traced_mesh.push("dead", "door", [jpegs[0], undecodable_png()])
    outcomes = {each.frame.sequence: each for each in await traced_mesh.outcomes("dead", 2)}
    assert outcomes[2].reason
    spans = await spans_of(collected, trace_id("dead", outcomes[2]), STORED)
    assert spans["frame"].error.startswith(outcomes[2].reason)
    assert collected.of(trace_id("dead", outcomes[1])) == {}


async def test_a_rejected_frame_is_traced(
    traced_mesh: Mesh, collected: Collector, jpegs: list[bytes]
) -> None:
    await traced_mesh.apply(PipelineSpec("no", STAGES, workers=SLOW, tracing=TracingSpec(0.0)))
    await traced_mesh.push("no", "door", [b"no image"])
    (outcome,) = await traced_mesh.outcomes("no", 1)
    spans = await spans_of(collected, trace_id("no", outcome), {"frame", "send", "ingest"})
    assert spans["frame"].error.startswith("not_an_image: ")


async def test_a_collector_that_hangs_delays_no_frame(
    traced_mesh: Mesh, collected: Collector, jpegs: list[bytes]
) -> None:
    spec = PipelineSpec("hangs", STAGES, workers=SLOW, tracing=TracingSpec(1.0))
    await traced_mesh.apply(spec)
    collected.hangs = True
    try:
        await traced_mesh.push("hangs", "door", jpegs[:100])
        outcomes = await traced_mesh.outcomes("hangs", 100)
    finally:
        collected.hangs = False
    assert {each.fate for each in outcomes} == {outcome_pb2.FATE_DONE}
    assert collected.of(trace_id("hangs", outcomes[-1])) == {}
    # What waited comes when it answers again, or what comes after that.
    await traced_mesh.push("hangs", "door", jpegs[:1])
    (last,) = (await traced_mesh.outcomes("hangs", 101))[100:]
    await spans_of(collected, trace_id("hangs", last), STORED)


async def test_the_frame_of_a_sender_with_a_trace_is_part_of_that(
    traced_mesh: Mesh, collected: Collector, jpegs: list[bytes]
) -> None:
    await traced_mesh.apply(PipelineSpec("own", STAGES, workers=SLOW, tracing=TracingSpec(0.0)))
    trace, parent = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
    async with AsyncCamera(traced_mesh.run.ingest, pipeline="own", name="door") as camera:
        await camera.send(jpegs[0], headers={"traceparent": f"00-{trace}-{parent}-01"})
    spans = await spans_of(collected, trace, STORED)
    assert spans["frame"].parent_id == parent
    assert spans["send"].parent_id == spans["frame"].span_id
