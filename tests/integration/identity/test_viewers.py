"""Whoever may see camera `north` learns nothing of camera `south`, at any door."""

import asyncio
import json
from collections.abc import AsyncIterator

import grpc
import httpx
import pytest

from framemesh.api.master.v1 import (
    model_pb2,
    model_pb2_grpc,
    node_pb2,
    node_pb2_grpc,
    pipeline_pb2,
    pipeline_pb2_grpc,
)
from framemesh.api.monitor.v1 import (
    dead_letter_pb2,
    dead_letter_pb2_grpc,
    monitor_pb2,
    monitor_pb2_grpc,
)
from framemesh.core.identity.roles import Role
from framemesh.core.outcome import Fate
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.publish.publisher import publisher
from tests.dashboard_browser import open_browser
from tests.integration.identity.world import Closed
from tests.integration.monitor.conftest import Writer, watching
from tests.integration.services.running import status_of
from tests.waiting import eventually

DENIED = grpc.StatusCode.PERMISSION_DENIED

# Each client of httpx reads the certificates of the machine, in the loop of the test.
pytestmark = pytest.mark.loop_limit(2.0)


@pytest.fixture
async def written(nats_broker: Broker, pipeline: PipelineSpec) -> AsyncIterator[Writer]:
    """Both cameras have frames that are done, that died, and that wait."""
    async with publisher(nats_broker) as publish:
        writer = Writer(publish)
        for camera, count in (("north", 3), ("south", 7)):
            await writer.accept(camera, (1, count + 1))
            await writer.complete(camera, range(1, count))
            await writer.complete(camera, [count], Fate.DEAD, f"reason-of-{camera}")
            await writer.store_dead_letters(camera, count)
        yield writer


async def statuses(
    mesh: Closed, token: str, pipeline: str = ""
) -> list[monitor_pb2.PipelineStatus]:
    async with mesh.calling(mesh.monitor, token) as connected:
        stub = monitor_pb2_grpc.MonitorServiceStub(connected)
        answer = await stub.GetStatus(monitor_pb2.GetStatusRequest(pipeline=pipeline))
        return list(answer.pipelines)


async def known(mesh: Closed) -> None:
    """Wait until the ledger has everything."""
    everything = mesh.issuer.issue(Role.VIEWER, pipelines="*")

    async def whole() -> bool:
        [found] = await statuses(mesh, everything)
        return {each.camera: each.dead for each in found.cameras} == {"north": 1, "south": 1}

    await eventually(whole)


async def test_a_status_has_its_own_cameras_and_no_figure_of_others(
    mesh: Closed, written: Writer
) -> None:
    await known(mesh)
    for pipeline in ("", "street"):
        [found] = await statuses(mesh, mesh.issuer.viewer("north"), pipeline)
        [camera] = found.cameras
        assert (camera.camera, camera.accepted, camera.done, camera.dead) == ("north", 4, 2, 1)
        assert "south" not in str(found)
        found.ClearField("cameras")
        blank = monitor_pb2.PipelineStatus(pipeline="street")
        for message in (found, blank):
            for field in ("age", "traffic", "retired"):
                message.ClearField(field)
        assert found == blank
    assert await statuses(mesh, mesh.issuer.viewer(pipelines="yard")) == []
    [camera] = (await statuses(mesh, mesh.issuer.camera("north")))[0].cameras
    assert camera.camera == "north"


async def test_results_are_of_its_own_cameras(mesh: Closed, written: Writer) -> None:
    async with mesh.calling(mesh.monitor, mesh.issuer.viewer("north")) as connected:
        async with watching(connected, from_start=True) as watch:
            assert await watch.take(3) == [("north", n) for n in (1, 2, 3)]
            await written.complete("south", [8])
            await written.complete("north", [4])
            assert await watch.take(1) == [("north", 4)]
        for cameras in (["south"], ["north", "south"], ["unheard-of"]):
            request = monitor_pb2.WatchResultsRequest(pipeline="street", cameras=cameras)
            call = monitor_pb2_grpc.MonitorServiceStub(connected).WatchResults(request)
            code, why = await status_of(call.read())
            assert (code, "is not for camera" in why) == (DENIED, True)


async def test_a_frame_and_a_dead_letter_are_of_its_own_cameras(
    mesh: Closed, written: Writer
) -> None:
    await known(mesh)
    async with mesh.calling(mesh.monitor, mesh.issuer.viewer("north")) as connected:
        frames = monitor_pb2_grpc.MonitorServiceStub(connected)
        letters = dead_letter_pb2_grpc.DeadLetterServiceStub(connected)

        def frame(camera: str) -> monitor_pb2.GetFrameRequest:
            return monitor_pb2.GetFrameRequest(pipeline="street", camera=camera, sequence=1)

        def listed(camera: str) -> dead_letter_pb2.ListDeadLettersRequest:
            return dead_letter_pb2.ListDeadLettersRequest(pipeline="street", camera=camera)

        assert (await frames.GetFrame(frame("north"))).frames
        assert len((await letters.ListDeadLetters(listed("north"))).dead_letters) == 1
        for refused in (
            frames.GetFrame(frame("south")),
            letters.ListDeadLetters(listed("south")),
            letters.ListDeadLetters(listed("")),
            letters.GetDeadLetter(
                dead_letter_pb2.GetDeadLetterRequest(pipeline="street", camera="south", sequence=7)
            ),
        ):
            code, why = await status_of(refused)
            assert code is DENIED
            assert "reason-of" not in why


async def test_what_is_about_a_whole_pipeline_or_mesh_is_not_for_it(
    mesh: Closed, written: Writer
) -> None:
    async with mesh.calling(mesh.master, mesh.issuer.viewer("north")) as connected:
        pipelines = pipeline_pb2_grpc.PipelineServiceStub(connected)
        nodes = node_pb2_grpc.NodeServiceStub(connected)
        models = model_pb2_grpc.ModelServiceStub(connected)
        for refused in (
            pipelines.GetPipeline(pipeline_pb2.GetPipelineRequest(name="street")),
            pipelines.GetShadowReport(pipeline_pb2.GetShadowReportRequest(name="street")),
            pipelines.DeletePipeline(pipeline_pb2.DeletePipelineRequest(name="street")),
            nodes.ListNodes(node_pb2.ListNodesRequest()),
            models.ListModels(model_pb2.ListModelsRequest()),
        ):
            assert (await status_of(refused))[0] is DENIED
        answer = await pipelines.ListPipelines(pipeline_pb2.ListPipelinesRequest())
        assert not answer.pipelines
    async with mesh.calling(mesh.master, mesh.issuer.viewer()) as connected:
        pipelines = pipeline_pb2_grpc.PipelineServiceStub(connected)
        answer = await pipelines.ListPipelines(pipeline_pb2.ListPipelinesRequest())
        assert [each.spec.name for each in answer.pipelines] == ["street"]


def dashboard(mesh: Closed, token: str) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    url = f"http://{mesh.dashboard}/api/v1/"
    return httpx.AsyncClient(base_url=url, headers=headers, trust_env=False, timeout=20)


FRAME = "pipelines/street/frames/{}/s1/{}"


async def test_the_dashboard_shows_its_own_cameras(mesh: Closed, written: Writer) -> None:
    await known(mesh)
    async with dashboard(mesh, "") as nobody:
        for path in ("session", "cameras", "pipelines/street/frames", "pipelines/street"):
            answer = await nobody.get(path)
            assert (answer.status_code, "token" in answer.json()["error"]) == (401, True)
    async with dashboard(mesh, mesh.issuer.viewer("north")) as board:
        assert (await board.get("session")).json()["writable"] is False

        async def cameras() -> list[str]:
            found = (await board.get("cameras")).json()["cameras"]
            return [each["camera"] for each in found]

        assert await eventually(cameras) == ["north"]
        assert (await board.get("pipelines/street/frames?camera=north")).json()["frames"]
        assert (await board.get(FRAME.format("north", 1))).status_code == 200
        for method, path in (
            ("GET", "pipelines/street"),
            ("GET", "pipelines/street/samples"),
            ("GET", "pipelines/street/frames"),
            ("GET", "pipelines/street/frames?camera=south"),
            ("GET", FRAME.format("south", 1)),
            ("GET", FRAME.format("south", 7) + "/picture"),
            ("GET", "wall/street/south"),
            ("GET", "pipelines/street/dead-letters"),
            ("GET", "pipelines/street/dead-letters?camera=south"),
            ("GET", "pipelines/yard/frames?camera=north"),
            ("DELETE", "pipelines/street/dead-letters/north/s1/3"),
            ("POST", "pipelines/street/dead-letters/north/s1/3/replay"),
        ):
            answer = await board.request(method, path)
            assert answer.status_code == 403, (path, answer.text)
            assert "reason-of" not in answer.text
    operator = mesh.issuer.issue(Role.OPERATOR, "op", "*")
    async with dashboard(mesh, operator) as board:
        assert (await board.get("session")).json()["writable"] is True
        purged = await board.request("DELETE", "pipelines/street/dead-letters/north/s1/3")
        assert purged.json() == {"purged": 1}


async def test_a_live_connection_shows_its_own_cameras_and_ends_with_its_token(
    mesh: Closed, written: Writer
) -> None:
    await known(mesh)
    wall = {
        "cameras": [{"pipeline": "street", "camera": each} for each in ("north", "south")],
        "width": 320,
    }
    async with open_browser(mesh.dashboard) as browser:
        wanted = {"token": mesh.issuer.viewer("north"), "mesh": True, "history": "street"}
        await browser.socket.send(json.dumps(wanted | {"wall": wall}))
        texts: list[str] = []
        async with asyncio.timeout(20):
            while not any('"type":"mesh"' in text for text in texts):
                texts.append(str(await browser.socket.recv()))
        said = [text for text in texts if '"type":"error"' in text]
        assert len(said) == 2, said
        message = json.loads(texts[-1])
        assert message["nodes"] == message["workers"] == []
        [pipeline] = message["pipelines"]
        assert (pipeline["cameras"], pipeline["totals"]["accepted"]) == (1, 4)
        assert pipeline["reasons"] == {"reason-of-north": 1}
        assert pipeline["backlog"] is None
        assert "south" not in "".join(texts)


async def test_the_metrics_are_for_who_sees_the_whole_mesh(mesh: Closed, metrics: str) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        for token, status in {
            "": 401,
            mesh.issuer.viewer("north"): 401,
            mesh.issuer.viewer(): 401,
            mesh.issuer.issue(Role.VIEWER, "prometheus", "*"): 200,
        }.items():
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            answer = await client.get(metrics, headers=headers)
            assert answer.status_code == status
