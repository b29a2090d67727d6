"""Every SDK against the real ingest on a real nats-server."""

import asyncio
import base64
from typing import Any

import pytest

from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.processes.ports import free_block
from tests.conformance.camera_program import CameraProgram
from tests.conformance.camera_steps import CameraSteps
from tests.conformance.conftest import BUILD_SECONDS
from tests.conformance.scenario import Scenario, scenarios
from tests.conformance.scripted_ingest import Gates
from tests.conformance.test_scripted import opened
from tests.integration.ingest.conftest import jpeg, stored
from tests.integration.ingest.test_order import ingest_process
from tests.integration.services.running import ingest, stand_pipeline

# Servers are started in this loop, and programs beside it.
pytestmark = [pytest.mark.timeout(BUILD_SECONDS), pytest.mark.loop_limit(2.0)]

KILLS = 3
FRAMES = 60
"""Between two kills."""


@pytest.mark.parametrize(
    "scenario", [one for one in scenarios() if one.real], ids=lambda one: one.name
)
async def test_scenario(
    scenario: Scenario, start_camera: Any, nats_url: str, nats_broker: Broker
) -> None:
    pipeline = await stand_pipeline(nats_broker)
    address = f"127.0.0.1:{free_block(1)}"
    camera: CameraProgram = await start_camera()
    async with ingest(nats_url, address):
        await opened(camera, scenario, [address])
        session = (await camera.do("session"))["session"]
        steps = CameraSteps(camera, Gates())
        await steps.follow(scenario.steps)
    found = await stored(nats_broker, pipeline)
    refused = {one["sequence"] for one in camera.rejected}
    taken = steps.images.items()
    expected = {f"door/{session}/{n}": image for n, image in taken if n not in refused}
    assert {name: image for name, (_, image) in found.frames.items()} == expected
    assert {outcome.frame.sequence for outcome in found.outcomes} == refused


async def test_killing_ingest_loses_no_frame_and_stores_none_twice(
    start_camera: Any, nats_url: str, nats_broker: Broker
) -> None:
    pipeline = await stand_pipeline(nats_broker)
    addresses = [f"127.0.0.1:{free_block(1)}" for _ in range(2)]
    camera: CameraProgram = await start_camera()
    await camera.do("open", addresses=addresses, pipeline="street", name="door", options={})
    images: list[bytes] = []
    for kill in range(KILLS):
        # As it is killed at its end, frames are on their way.
        async with ingest_process(nats_url, addresses[kill % 2]):
            for _ in range(FRAMES):
                await send(camera, images)
            sending = asyncio.ensure_future(send(camera, images))
        await sending
    async with ingest_process(nats_url, addresses[KILLS % 2]):
        assert "error" not in await camera.do("close")
    # A frame that is in the streams twice fails in `stored`.
    found = await stored(nats_broker, pipeline)
    kept = {name.rpartition("/")[2]: image for name, (_, image) in found.frames.items()}
    assert kept == {str(number): image for number, image in enumerate(images, 1)}
    # An ingest that is killed may have recorded what it did not answer: the ledger joins ranges.
    assert set(found.recorded) == set(range(1, len(images) + 1))
    assert (await camera.do("counts"))["counts"]["accepted"] == len(images)


async def send(camera: CameraProgram, images: list[bytes]) -> None:
    images.append(jpeg(len(images)))
    answer = await camera.do("send", image=base64.b64encode(images[-1]).decode())
    assert answer["sequence"] == len(images), answer
