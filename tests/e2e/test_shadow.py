"""A shadow beside a pipeline under load has the same frames, and the pipeline notices nothing."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from shutil import copytree

import pytest
import pytest_asyncio
from pydantic import ByteSize

from framemesh.api.common.v1 import outcome_pb2
from framemesh.api.master.v1 import pipeline_pb2, pipeline_pb2_grpc
from framemesh.cli.common.calls import MASTER
from framemesh.cli.local.ports import Ports
from framemesh.cli.local.running import running_mesh
from framemesh.core.pipeline.rollout_spec import RolloutSpec
from framemesh.core.pipeline.shadow_spec import ShadowSpec
from framemesh.core.pipeline.spec import BufferSpec, PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.jetstream.connection.broker import Broker, broker
from framemesh.runtime.rpc.channel import leader_channel
from framemesh.sdk import AsyncCamera
from tests.e2e.mesh import ROOT, Mesh
from tests.waiting import eventually

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(240)]

CAMERAS = "north", "south"
FRAMES = 30
"""Of each camera."""

FRAMES_PER_SECOND = 3
"""Of each camera: both versions together keep up with them on two cores."""

THRESHOLD = 0.4
STRICTER = 0.6
"""Of the second version, which is the same file: it finds the same boxes, and fewer of them."""

SHADOW_READY_SECONDS = 60
COMPARED_SECONDS = 60

ALONE = PipelineSpec(
    "beside",
    (StageSpec("people", "person", 1),),
    BufferSpec(shards=2, max_bytes=ByteSize(64 * 1024**2)),
)
SHADOWED = replace(ALONE, rollout=RolloutSpec(shadow=ShadowSpec({"people": 2})))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def own_mesh(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Mesh]:
    """With the bundled model in two versions, of which the second tells less."""
    data = tmp_path_factory.mktemp("shadow")
    async with running_mesh(data / "mesh", Ports.free(), store_max_bytes=4 * 1024**3) as run:
        running = Mesh(run)
        await running.add_model(ROOT / "models/person")
        await running.add_model(stricter(ROOT / "models/person", data / "stricter"))
        yield running


def stricter(model: Path, folder: Path) -> Path:
    copytree(model, folder)
    manifest = folder / "model.yaml"
    text = manifest.read_text()
    after = text.replace(f"score_threshold: {THRESHOLD}", f"score_threshold: {STRICTER}")
    assert after != text
    manifest.write_text(after)
    return folder


async def test_the_same_frames_go_through_both_versions_and_the_difference_is_told(
    own_mesh: Mesh, jpegs: list[bytes]
) -> None:
    await own_mesh.apply(ALONE)
    async with broker(own_mesh.run.nats, "test") as nats:
        await own_mesh.submit(SHADOWED)
        await shadow_is_ready(own_mesh)
        async with asyncio.TaskGroup() as tasks:
            for camera in CAMERAS:
                tasks.create_task(push(own_mesh, camera, jpegs[:FRAMES]))
        outcomes = await own_mesh.outcomes("beside", len(CAMERAS) * FRAMES)
        # Of the pipeline nothing is different.
        assert {each.fate for each in outcomes} == {outcome_pb2.FATE_DONE}
        assert {(each.run, each.models[0].version) for each in outcomes} == {("", 1)}
        for ledger in (await own_mesh.status("beside")).cameras:
            assert (ledger.offered, ledger.done, ledger.pending) == (FRAMES, FRAMES, 0)

        report = await eventually(
            lambda: reported(own_mesh),
            COMPARED_SECONDS,
            until=lambda report: report.compared_frames + report.skipped_frames == len(outcomes),
        )
        # On a machine that is busy with other things it skips some.
        done = await done_by_the_shadow(nats)
        assert report.compared_frames == len(done)
        differences_are_told(report, [each for each in outcomes if subject(each) in done])

        assert await ended(own_mesh) == report
        assert {name for name in await JetStream(nats).streams.names() if "-beside" in name} == {
            *("FRAMES-beside-1-0", "LEDGER-beside", "DEAD-beside")
        }
        await eventually(lambda: shadow(own_mesh), until=lambda line: line is None)
        last = await reported(own_mesh)
        assert (last.running, last.classes) == (False, report.classes)


def differences_are_told(
    report: pipeline_pb2.ShadowReport, outcomes: list[outcome_pb2.Outcome]
) -> None:
    """The shadow finds what the pipeline is sure enough of, and nothing else."""
    found = [[each.score for each in outcome.detections] for outcome in outcomes]
    sure = sum(score >= STRICTER for scores in found for score in scores)
    unsure = sum(len(scores) for scores in found) - sure
    assert sure
    assert unsure
    (people,) = report.classes
    assert (people.name, people.real, people.shadow) == ("person", sure + unsure, sure)
    assert (people.same, people.only_real, people.only_shadow) == (sure, unsure, 0)
    assert people.mean_iou == pytest.approx(1.0, abs=0.001)
    assert report.mean_score_difference == pytest.approx(0.0, abs=0.001)
    same = sum(all(score >= STRICTER for score in scores) for scores in found)
    assert (report.compared_frames, report.same_frames) == (len(outcomes), same)
    assert (report.waiting_frames, report.unmatched_frames) == (0, 0)
    most = max(sum(score < STRICTER for score in scores) for scores in found)
    assert report.examples[0].only_real == most
    assert not report.real.failures
    assert not report.shadow.failures
    assert 0 < report.real.age_p50_seconds <= report.shadow.age_p99_seconds
    (stage,) = report.stages
    assert (stage.model, stage.version, stage.shadow_version) == ("person", 1, 2)


async def reported(mesh: Mesh) -> pipeline_pb2.ShadowReport:
    request = pipeline_pb2.GetShadowReportRequest(name="beside")
    async with leader_channel(mesh.run.master, MASTER) as channel:
        return (
            await pipeline_pb2_grpc.PipelineServiceStub(channel).GetShadowReport(request)
        ).report


async def ended(mesh: Mesh) -> pipeline_pb2.ShadowReport:
    request = pipeline_pb2.EndShadowRequest(name="beside")
    async with leader_channel(mesh.run.master, MASTER) as channel:
        return (await pipeline_pb2_grpc.PipelineServiceStub(channel).EndShadow(request)).report


async def shadow_is_ready(mesh: Mesh) -> None:
    await eventually(
        lambda: shadow(mesh), SHADOW_READY_SECONDS, until=lambda line: line == "1 of 1 workers"
    )


async def shadow(mesh: Mesh) -> str | None:
    """What the condition says of it; None: there is none."""
    found: pipeline_pb2.Pipeline = await mesh.pipeline("beside")
    lines = [each.message for each in found.conditions if each.name == "shadow"]
    return lines[0] if lines else None


async def done_by_the_shadow(nats: Broker) -> set[str]:
    """The frames that it has an outcome of, as camera.session.sequence."""
    info = await JetStream(nats).streams.info("RUNS-beside", "runs.beside.>")
    return {found.split(".", maxsplit=3)[3] for found in info.state.subjects}


def subject(outcome: outcome_pb2.Outcome) -> str:
    frame = outcome.frame
    return f"{frame.camera}.{frame.session}.{frame.sequence}"


async def push(mesh: Mesh, name: str, images: list[bytes]) -> None:
    async with AsyncCamera(mesh.run.ingest, pipeline="beside", name=name) as camera:
        for image in images:
            await camera.send(image)
            await asyncio.sleep(1 / FRAMES_PER_SECOND)
