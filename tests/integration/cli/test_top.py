"""The screen of `framemesh top` before services that answer as they are told, with its keys."""

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from framemesh.api.master.v1 import node_pb2, pipeline_pb2
from framemesh.api.monitor.v1 import monitor_pb2
from framemesh.cli.top import answers
from framemesh.cli.top.answers import RemoteMesh
from framemesh.cli.top.app import DARK, LIGHT, Top
from framemesh.cli.top.panel import Panel
from tests.command_line import framemesh
from tests.integration.cli.conftest import Services, serving
from tests.waiting import eventually

pytestmark = pytest.mark.blocks_loop("textual reads its styles, and draws, in the loop")

NARROW, WIDE = (80, 24), (160, 45)


class MeshServices(Services):
    """A mesh with one pipeline and some cameras, which send."""

    def __init__(self) -> None:
        super().__init__()
        self.pipelines["street"] = pipeline_pb2.PipelineSpec(name="street")
        self.pipelines["street"].workers.min = 2
        worker = node_pb2.Worker(
            id="street-r1-0", pipeline="street", state=node_pb2.WORKER_STATE_READY
        )
        node = node_pb2.Node(name="east", cpus=8, memory_bytes=1 << 30, workers=[worker])
        self.nodes = [node_pb2.NodeStatus(node=node, state=node_pb2.NODE_STATE_READY)]
        self.status = monitor_pb2.PipelineStatus(
            pipeline="street",
            completed_per_second=24.5,
            cameras=[
                monitor_pb2.CameraLedger(camera="door", offered=9, accepted=9, done=9),
                monitor_pb2.CameraLedger(camera="yard", offered=9, accepted=9, done=4, pending=5),
            ],
        )

    def GetStatus(
        self, request: monitor_pb2.GetStatusRequest, context: Any
    ) -> monitor_pb2.GetStatusResponse:
        self.asked += 1
        return monitor_pb2.GetStatusResponse(pipelines=[self.status] if self.pipelines else [])


@pytest.fixture
def server() -> Iterator[ExitStack]:
    """Close it to stop the services."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def mesh(server: ExitStack, monkeypatch: pytest.MonkeyPatch) -> MeshServices:
    monkeypatch.setattr(answers, "REFRESH_SECONDS", 0.05)
    services = MeshServices()  # type: ignore[abstract]
    server.enter_context(serving(services))
    return services


class Screen:
    """What is to be seen."""

    def __init__(self, pilot: Pilot[None]) -> None:
        self.pilot = pilot
        self.app = pilot.app

    def text(self, of: str) -> str:
        found = self.app.screen_stack[0].query_one(of)
        if isinstance(found, Panel):
            rows = (found.get_row_at(row) for row in range(found.row_count))
            return "\n".join(" ".join(cell.plain for cell in row) for row in rows)
        assert isinstance(found, Static)
        return str(found.render())

    async def shows(self, of: str, text: str) -> str:
        """Once it does."""
        return await eventually(lambda: self.text(of), until=lambda found: text in found)


@asynccontextmanager
async def screen(mesh: MeshServices, size: tuple[int, int] = NARROW) -> AsyncIterator[Screen]:
    address = mesh.address
    top = Top(lambda: RemoteMesh(address, address), master=address, monitor=address)
    async with top.run_test(size=size) as pilot:
        yield Screen(pilot)


@pytest.mark.parametrize("size", [NARROW, WIDE, (40, 10)])
async def test_it_says_that_it_works_and_shows_pipelines_workers_and_cameras(
    mesh: MeshServices, size: tuple[int, int]
) -> None:
    async with screen(mesh, size) as shown:
        await shown.shows("#verdict", "✓ working: 1 pipeline, 0 cameras sending, 24.5 frames/s")
        await shown.shows("#pipelines", "street 2/2 ✓")
        await shown.shows("#workers", "street-r1-0 ready 0 east")
        assert shown.text("#cameras").splitlines()[0].startswith("yard street ✓")


async def test_what_breaks_is_said_within_a_second(mesh: MeshServices) -> None:
    async with screen(mesh) as shown:
        await shown.shows("#verdict", "working")
        mesh.status.cameras[0].done = 3
        mesh.status.cameras[0].camera = "gate"
        await shown.shows("#verdict", "✗ broken")
        assert "street: the ledger does not balance: gate" in shown.text("#problems")
        assert "✗ ALARM" in shown.text("#pipelines")
        assert shown.text("#cameras").startswith("gate street ✗ ALARM")


async def test_services_that_are_away_are_said_to_be_and_asked_again(
    mesh: MeshServices, server: ExitStack
) -> None:
    async with screen(mesh) as shown:
        await shown.shows("#verdict", "working")
        server.close()
        await shown.shows("#verdict", "nothing answers: is framemesh running?")
        assert "nothing answers at" in shown.text("#problems")
        assert "door" in shown.text("#cameras")
        server.enter_context(serving(mesh, mesh.address))
        await shown.shows("#verdict", "working")


async def test_an_empty_mesh_says_how_to_make_a_pipeline(mesh: MeshServices) -> None:
    mesh.pipelines.clear()
    async with screen(mesh) as shown:
        await shown.shows("#verdict", "`framemesh pipeline create NAME --model MODEL`")


async def test_a_paused_screen_stands_still(mesh: MeshServices) -> None:
    async with screen(mesh) as shown:
        await shown.shows("#verdict", "24.5")
        await shown.pilot.press("space")
        await shown.shows("#verdict", "paused")
        mesh.status.completed_per_second = 99.0
        asked = mesh.asked
        await eventually(lambda: mesh.asked > asked + 3)
        assert "24.5" in shown.text("#verdict")
        await shown.pilot.press("space")
        await shown.shows("#verdict", "99.0")


async def test_keys_sort_and_filter_cameras(mesh: MeshServices) -> None:
    async with screen(mesh) as shown:
        await shown.shows("#cameras-heading", "2 cameras, the worst first")
        await shown.pilot.press("s")
        await shown.shows("#cameras-heading", "by name")
        assert shown.text("#cameras").startswith("door")
        await shown.pilot.press("slash", "y", "a", "enter")
        await shown.shows("#cameras-heading", "1 of 2 cameras with 'ya'")
        assert "door" not in shown.text("#cameras")
        await shown.pilot.press("escape")
        await shown.shows("#cameras-heading", "2 cameras, by name")


async def test_letters_in_the_filter_are_no_keys(mesh: MeshServices) -> None:
    async with screen(mesh) as shown:
        await shown.pilot.press("slash", "q", "s", "l")
        await shown.shows("#cameras-heading", "with 'qsl'")
        assert shown.app.theme == DARK


async def test_help_is_over_the_screen_until_any_key(mesh: MeshServices) -> None:
    async with screen(mesh) as shown:
        await shown.pilot.press("question_mark")
        assert len(shown.app.screen_stack) == 2
        await shown.shows("#verdict", "working")
        await shown.pilot.press("x")
        assert len(shown.app.screen_stack) == 1


async def test_it_is_light_or_dark(mesh: MeshServices) -> None:
    async with screen(mesh) as shown:
        await shown.pilot.press("l")
        assert shown.app.theme == LIGHT


async def test_a_window_may_change_its_size(mesh: MeshServices) -> None:
    async with screen(mesh) as shown:
        await shown.shows("#verdict", "working")
        await shown.pilot.resize_terminal(*WIDE)
        await eventually(
            lambda: len(shown.app.query_one("#cameras", Panel).columns), until=lambda n: n > 10
        )


async def test_of_thousands_of_cameras_the_worst_are_listed(mesh: MeshServices) -> None:
    for number in range(5000):
        mesh.status.cameras.add(camera=f"c{number}", offered=9, accepted=9, done=9)
    async with screen(mesh) as shown:
        await shown.shows("#cameras-heading", "200 of 5,002 cameras")
        assert shown.text("#cameras").startswith("yard")


async def test_q_quits(mesh: MeshServices) -> None:
    async with screen(mesh) as shown:
        await shown.pilot.press("q")
        await eventually(lambda: not shown.app.is_running)
    assert shown.app.return_code == 0


async def test_without_a_terminal_it_says_what_to_use(mesh: MeshServices) -> None:
    ended = await framemesh("top")
    assert (ended.status, ended.output) == (1, "")
    assert ended.error.startswith("error: top needs a terminal: `framemesh status --json`")
