"""Every SDK through every scenario, against an ingest that does as the scenario says."""

import zlib
from collections.abc import Sequence
from typing import Any

import pytest

from framemesh.api.ingest.v1 import ingest_pb2
from tests.conformance.camera_program import CameraProgram, running_camera
from tests.conformance.camera_steps import CameraSteps
from tests.conformance.conftest import BUILD_SECONDS, PYTHON
from tests.conformance.scenario import Scenario, numbers, scenarios
from tests.conformance.scripted_ingest import Gates, ScriptedIngest

# Servers are started in this loop, and programs beside it.
pytestmark = [pytest.mark.timeout(BUILD_SECONDS), pytest.mark.loop_limit(2.0)]

NOWHERE = "127.0.0.1:1"
"""Nothing listens there."""


async def opened(
    camera: CameraProgram, scenario: Scenario, addresses: list[str], **options: Any
) -> dict[str, Any]:
    """Make the camera of a scenario."""
    return await camera.do(
        "open",
        addresses=addresses,
        pipeline=scenario.pipeline,
        name=scenario.camera_name,
        options={**scenario.camera, **options},
    )


async def run(scenario: Scenario, camera: CameraProgram) -> tuple[ScriptedIngest, dict[int, bytes]]:
    """A camera through a scenario; what came, and the images that it took."""
    gates = Gates()
    ingest = ScriptedIngest(scenario.streams, gates)
    wanted = scenario.addresses
    async with ingest.serving(wanted if isinstance(wanted, int) else 0):
        addresses = wanted if isinstance(wanted, list) else ingest.addresses or [NOWHERE]
        answer = await opened(camera, scenario, addresses)
        assert answer.get("error", "") == scenario.refused, answer
        steps = CameraSteps(camera, gates)
        await steps.follow(scenario.steps)
    return ingest, steps.images


@pytest.mark.parametrize(
    "scenario", [one for one in scenarios() if one.spool is None], ids=lambda one: one.name
)
async def test_scenario(scenario: Scenario, start_camera: Any) -> None:
    check(scenario, *await run(scenario, await start_camera()))


@pytest.mark.parametrize(
    "scenario", [one for one in scenarios() if one.wire], ids=lambda one: one.name
)
async def test_all_send_the_same_bytes(scenario: Scenario, go_camera: Sequence[str]) -> None:
    sent: list[list[list[bytes]]] = []
    for command in (PYTHON, go_camera):
        async with running_camera(command) as camera:
            ingest, _ = await run(scenario, camera)
        sent.append([[masked(raw) for raw in stream.raw] for stream in ingest.streams])
    assert sent[0] == sent[1]
    assert any(sent[0])


def masked(raw: bytes) -> bytes:
    """A request without what is another one each time: times, and the session."""
    request = ingest_pb2.PushRequest.FromString(raw)
    frames = (request.frame, *request.frames.frames)
    times = {time for one in frames for time in (one.captured_unix_nano, one.sent_unix_nano)}
    for time in (*times, request.clock.unix_nano):
        if time:
            value = ingest_pb2.PushRequest(clock=ingest_pb2.ClockReading(unix_nano=time))
            raw = raw.replace(value.SerializeToString()[3:], b"time")
    return raw.replace(request.open.session.encode() or b"-", b"session of %d" % len(raw))


def check(scenario: Scenario, ingest: ScriptedIngest, images: dict[int, bytes]) -> None:
    """What came is what the scenario says."""
    streams = ingest.streams
    if scenario.arrived is not None:
        assert [one.sequences for one in streams] == [numbers(n) for n in scenario.arrived]
    if scenario.messages is not None:
        assert [one.messages for one in streams] == scenario.messages
    if scenario.at is not None:
        assert [one.address for one in streams] == scenario.at
    if scenario.clocks is not None:
        assert [one.query for one in streams[0].clocks] == scenario.clocks
    assert len({one.opening.session for one in streams}) <= 1, "one session for all streams"
    for stream in streams:
        assert stream.opening.pipeline == scenario.pipeline
        assert stream.opening.camera == scenario.camera_name
        for frame in stream.frames:
            if frame.filtered:
                assert not frame.image
                assert not frame.HasField("crc32")
                continue
            image = images[frame.sequence]
            if frame.withheld_bytes:
                assert frame.withheld_bytes == scenario.withheld.get(frame.sequence, len(image))
                assert not frame.image
                assert not frame.HasField("crc32")
            else:
                assert frame.image == image
                assert frame.crc32 == zlib.crc32(image)
            if frame.sent_unix_nano:
                assert frame.captured_unix_nano < frame.sent_unix_nano
    for frame in (f for one in streams for f in one.frames):
        assert frame.withheld_bytes or frame.sequence not in scenario.withheld
