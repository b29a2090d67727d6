"""Every SDK goes on with the spool that it, or another one, left."""

import asyncio
import base64
import os
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.processes.ports import free_block
from tests.conformance.camera_program import CameraProgram, running_camera
from tests.conformance.camera_steps import CameraSteps
from tests.conformance.conftest import BUILD_SECONDS, PYTHON
from tests.conformance.scenario import Action, Scenario, scenarios
from tests.conformance.scripted_ingest import Gates, ScriptedIngest
from tests.conformance.test_scripted import check, masked, opened
from tests.integration.ingest.conftest import jpeg, stored
from tests.integration.ingest.test_order import ingest_process
from tests.integration.services.running import stand_pipeline

KILLS = int(os.environ.get("FRAMEMESH_KILLS", "4"))
SEED = 53

# Servers are started in this loop, and programs beside it.
pytestmark = [pytest.mark.timeout(BUILD_SECONDS + 20 * KILLS), pytest.mark.loop_limit(2.0)]

SPOOLED = [one for one in scenarios() if one.spool is not None]

Commands = dict[str, Sequence[str]]


@pytest.fixture
def commands(go_camera: Sequence[str]) -> Commands:
    """How to start the program of each SDK."""
    return {"python": PYTHON, "go": go_camera}


async def run(
    scenario: Scenario, pair: Sequence[Sequence[str]], folder: Path
) -> tuple[ScriptedIngest, dict[int, bytes]]:
    """The first camera, and the second from where the scenario hands over."""
    gates = Gates()
    ingest = ScriptedIngest(scenario.streams, gates)
    disk = {"folder": str(folder), **(scenario.spool or {})}
    async with ingest.serving(1), AsyncExitStack() as stack:

        async def start(command: Sequence[str]) -> CameraProgram:
            camera = await stack.enter_async_context(running_camera(command))
            answer = await opened(camera, scenario, ingest.addresses, disk=disk)
            assert "error" not in answer, answer
            return camera

        steps = CameraSteps(await start(pair[0]), gates, lambda: start(pair[1]))
        await steps.follow(scenario.steps)
    return ingest, steps.images


@pytest.mark.parametrize("second", ["python", "go"])
@pytest.mark.parametrize("first", ["python", "go"])
@pytest.mark.parametrize("scenario", SPOOLED, ids=lambda one: one.name)
async def test_scenario(
    scenario: Scenario, first: str, second: str, commands: Commands, tmp_path: Path
) -> None:
    check(scenario, *await run(scenario, [commands[first], commands[second]], tmp_path))


async def test_what_one_left_is_sent_by_all_with_the_same_bytes(
    commands: Commands, tmp_path: Path
) -> None:
    (scenario,) = (one for one in SPOOLED if one.name.startswith("times and headers"))
    sent: list[list[bytes]] = []
    for first in commands.values():
        for second in commands.values():
            folder = tmp_path / str(len(sent))
            ingest, _ = await run(scenario, [first, second], folder)
            sent.append([masked(raw) for raw in ingest.streams[-1].raw])
    assert all(one == sent[0] for one in sent)


@pytest.mark.parametrize("second", ["python", "go"])
@pytest.mark.parametrize("first", ["python", "go"])
async def test_a_spool_belongs_to_one_camera(
    first: str, second: str, commands: Commands, tmp_path: Path
) -> None:
    scenario = SPOOLED[0]
    disk = {"folder": str(tmp_path)}
    async with running_camera(commands[first]) as one, running_camera(commands[second]) as other:
        assert "error" not in await opened(one, scenario, ["127.0.0.1:1"], disk=disk)
        answer = await opened(other, scenario, ["127.0.0.1:1"], disk=disk)
        assert answer["error"] == "spool_in_use", answer


async def keep_sending(camera: CameraProgram, taken: dict[int, bytes], dice: random.Random) -> None:
    """Until the camera is killed: what it took is written down."""
    try:
        while True:
            image = jpeg(dice.randrange(1 << 30))
            answer = await camera.do("send", image=base64.b64encode(image).decode())
            assert answer["sequence"] not in taken, "a number is given twice"
            taken[answer["sequence"]] = image
    except (EOFError, ConnectionError):
        return


async def killed_again_and_again(
    commands: Commands, addresses: list[str], folder: Path, dice: random.Random
) -> dict[int, bytes]:
    """Cameras of both SDKs in turn, one after another killed; the last one ends well."""
    taken: dict[int, bytes] = {}
    opening: dict[str, Any] = {
        "addresses": addresses,
        "pipeline": "street",
        "name": "door",
        "options": {"disk": {"folder": str(folder)}, "close_timeout": 15},
    }
    for kill in range(KILLS):
        async with running_camera(list(commands.values())[kill % 2]) as camera:
            await camera.do("open", **opening)
            sending = asyncio.ensure_future(keep_sending(camera, taken, dice))
            await asyncio.sleep(dice.uniform(0.0, 0.6))  # at any moment
            await camera.kill()
            await sending
    async with running_camera(list(commands.values())[KILLS % 2]) as camera:
        await camera.do("open", **opening)
        answer = await camera.do("close")
        assert "error" not in answer, answer
    return taken


async def test_killing_cameras_loses_no_frame_and_keeps_the_order(
    commands: Commands, tmp_path: Path
) -> None:
    dice = random.Random(SEED)  # noqa: S311
    breaks: list[tuple[Action, ...]] = [
        (("open", {"frames": 8}), ("accept_next", dice.randrange(60)), ("end", "UNAVAILABLE"))
        for _ in range(2 * KILLS)
    ]
    ingest = ScriptedIngest((*breaks, (("open", {"frames": 8}), ("accept_each", True))), Gates())
    async with ingest.serving(1):
        taken = await killed_again_and_again(commands, ingest.addresses, tmp_path, dice)
    first_seen: dict[int, bytes] = {}
    for frame in (f for stream in ingest.streams for f in stream.frames):
        assert first_seen.setdefault(frame.sequence, frame.image) == frame.image
    assert list(first_seen) == sorted(first_seen), "the order is kept"
    assert taken.items() <= first_seen.items(), "a frame is lost"
    assert len({stream.opening.session for stream in ingest.streams}) == 1


@pytest.fixture
async def comes_and_goes(nats_url: str) -> AsyncIterator[list[str]]:
    """The addresses of two real ingests, of which one runs at a time, and is killed."""
    addresses = [f"127.0.0.1:{free_block(1)}" for _ in range(2)]
    going = asyncio.Event()

    async def go() -> None:
        for turn in range(1_000):
            async with ingest_process(nats_url, addresses[turn % 2]):
                going.set()
                await asyncio.sleep(1.5)

    running = asyncio.ensure_future(go())
    await going.wait()
    yield addresses
    running.cancel()
    await asyncio.wait([running])


async def test_killing_cameras_and_ingests_stores_each_frame_once(
    commands: Commands, nats_broker: Broker, comes_and_goes: list[str], tmp_path: Path
) -> None:
    pipeline = await stand_pipeline(nats_broker)
    dice = random.Random(SEED)  # noqa: S311
    taken = await killed_again_and_again(commands, comes_and_goes, tmp_path, dice)
    # A frame that is in the streams twice fails in `stored`.
    found = await stored(nats_broker, pipeline)
    kept = {int(name.rpartition("/")[2]): image for name, (_, image) in found.frames.items()}
    assert taken.items() <= kept.items(), "a frame is lost"
    assert len(kept) - len(taken) <= KILLS, "killed between taking a frame and saying so"
    # An ingest that is killed may have recorded what it did not answer: the ledger joins ranges.
    assert set(found.recorded) == kept.keys()
