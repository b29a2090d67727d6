"""Capture times of cameras whose clocks are wrong."""

import asyncio
import time

import grpc.aio
import pytest
from structlog.testing import capture_logs

import framemesh.ingest.clock.camera_clock
from framemesh.api.ingest.v1 import ingest_pb2
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.processes.ports import free_block
from framemesh.sdk import AsyncCamera, CameraOptions
from tests.integration.ingest.conftest import Push, frame, jpeg, push, stored
from tests.integration.services.running import ingest

SECOND = 10**9
HOUR = 3600 * SECOND
MINUTE = 60 * 10**9

TOLERANCE = 10**9
"""A thousand times what the reading of a clock takes here."""


def reading(unix_nano: int) -> ingest_pb2.PushRequest:
    return ingest_pb2.PushRequest(clock=ingest_pb2.ClockReading(unix_nano=unix_nano))


async def send(camera: Push, sequence: int, captured: int) -> None:
    request = frame(sequence, jpeg(sequence))
    request.frame.captured_unix_nano = captured
    await camera.send(request)


async def captured_times(broker: Broker, spec: PipelineSpec) -> dict[int, int]:
    found = (await stored(broker, spec)).frames
    return {int(name.split("/")[-1]): captured for name, (captured, _) in found.items()}


@pytest.mark.parametrize("wrong", [HOUR, -HOUR, 24 * HOUR])
async def test_a_camera_whose_clock_is_hours_off_comes_out_right(
    nats_broker: Broker, nats_url: str, pipeline: PipelineSpec, wrong: int
) -> None:
    address = f"127.0.0.1:{free_block(1)}"
    with capture_logs() as logs:
        async with ingest(nats_url, address):
            before = time.time_ns()
            async with AsyncCamera(
                address,
                pipeline="street",
                name="door",
                options=CameraOptions(clock=lambda: time.time_ns() + wrong),
            ) as camera:
                await camera.send(jpeg(1))
                of_old = time.time_ns() - MINUTE
                await camera.send(jpeg(2), captured_unix_nano=of_old + wrong)
    times = await captured_times(nats_broker, pipeline)
    assert abs(times[1] - before) < TOLERANCE
    assert abs(times[2] - of_old) < TOLERANCE
    (said,) = [entry for entry in logs if entry["event"].startswith("camera clock")]
    assert said["offset_ms"] == pytest.approx(-wrong / 1e6, abs=TOLERANCE / 1e6)
    assert (said["camera"], said["corrected"]) == ("door", True)


async def test_a_clock_that_agrees_is_not_touched(
    channel: grpc.aio.Channel, nats_broker: Broker, pipeline: PipelineSpec
) -> None:
    camera = push(channel)
    await camera.open()
    await camera.send(reading(time.time_ns()))
    captured = time.time_ns() - 12_345
    await send(camera, 1, captured)
    await camera.finish()
    assert await captured_times(nats_broker, pipeline) == {1: captured}


async def test_without_a_reading_clocks_are_taken_for_equal(
    channel: grpc.aio.Channel, nats_broker: Broker, pipeline: PipelineSpec
) -> None:
    camera = push(channel)
    await camera.open()
    captured = time.time_ns() - HOUR
    await send(camera, 1, captured)
    await camera.send(reading(time.time_ns() - HOUR))
    await send(camera, 2, captured)
    await camera.finish()
    times = await captured_times(nats_broker, pipeline)
    assert times[1] == captured
    assert abs(times[2] - (captured + HOUR)) < TOLERANCE


async def test_no_frame_is_from_the_future(
    channel: grpc.aio.Channel, nats_broker: Broker, pipeline: PipelineSpec
) -> None:
    camera = push(channel)
    await camera.open()
    await send(camera, 1, time.time_ns() + HOUR)
    await send(camera, 2, 2**63 - 1)
    await camera.finish()
    times = await captured_times(nats_broker, pipeline)
    assert all(abs(captured - time.time_ns()) < 10 * TOLERANCE for captured in times.values())
    assert max(times.values()) <= time.time_ns()


@pytest.fixture
def quick_queries(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clocks of cameras are read with every acknowledgement."""
    monkeypatch.setattr(framemesh.ingest.clock.camera_clock, "QUERY_SECONDS", 0.0)
    monkeypatch.setattr(framemesh.ingest.clock.camera_clock, "QUERY_ANSWERS", 1)


class Board:
    """A machine whose time of day is set."""

    def __init__(self, wrong: int) -> None:
        self.wrong = wrong

    def time_of_day(self) -> int:
        return time.time_ns() + self.wrong


@pytest.mark.usefixtures("quick_queries")
@pytest.mark.parametrize(
    ("wrong", "step"),
    [
        (0, -5 * SECOND),
        (0, HOUR),
        (-HOUR, HOUR),
        pytest.param(30 * SECOND - time.time_ns(), time.time_ns() - 30 * SECOND, id="in 1970"),
    ],
)
async def test_no_frame_is_old_because_its_camera_was_set_while_it_was_connected(
    nats_broker: Broker, nats_url: str, pipeline: PipelineSpec, wrong: int, step: int
) -> None:
    board = Board(wrong)
    address = f"127.0.0.1:{free_block(1)}"
    sent: dict[int, int] = {}
    with capture_logs() as logs:
        async with (
            ingest(nats_url, address),
            AsyncCamera(
                address,
                pipeline="street",
                name="door",
                options=CameraOptions(clock=board.time_of_day),
            ) as camera,
        ):
            for number in range(1, 41):
                captured = board.time_of_day() if number % 2 else None
                if number == 21:
                    board.wrong += step
                sent[await camera.send(jpeg(number), captured_unix_nano=captured)] = time.time_ns()
                await asyncio.sleep(0.02)
    times = await captured_times(nats_broker, pipeline)
    ages = {number: sent[number] - captured for number, captured in times.items()}
    assert len(ages) == 40
    assert {number: age for number, age in ages.items() if abs(age) > TOLERANCE} == {}
    told = [entry for entry in logs if entry["event"] == "camera clock was set"]
    assert [entry["found_by"] for entry in told] == ["camera"]
    assert told[0]["by_ms"] == pytest.approx(step / 1e6, abs=TOLERANCE / 1e6)


@pytest.mark.usefixtures("quick_queries")
async def test_a_camera_that_does_not_notice_is_right_again_with_the_next_reading(
    nats_broker: Broker, channel: grpc.aio.Channel, pipeline: PipelineSpec
) -> None:
    camera = push(channel)
    await camera.open()
    await camera.send(reading(time.time_ns()))
    await send(camera, 1, time.time_ns())
    await camera.answered(1)
    wrong = -5 * SECOND
    query = await camera.asked()
    with capture_logs() as logs:
        request = reading(time.time_ns() + wrong)
        request.clock.query = query
        await camera.send(request)
        captured = time.time_ns()
        await send(camera, 2, captured + wrong)
        await camera.finish()
    assert abs((await captured_times(nats_broker, pipeline))[2] - captured) < TOLERANCE
    (told,) = [entry for entry in logs if entry["event"] == "camera clock was set"]
    assert told["by_ms"] == pytest.approx(wrong / 1e6, abs=TOLERANCE / 1e6)
    assert told["found_by"] == "ingest"


@pytest.mark.usefixtures("quick_queries")
async def test_a_camera_that_knows_no_queries_is_served_as_ever(
    nats_broker: Broker, channel: grpc.aio.Channel, pipeline: PipelineSpec
) -> None:
    camera = push(channel)
    await camera.open()
    await camera.send(reading(time.time_ns()))
    for number in range(1, 5):
        await send(camera, number, time.time_ns())
        await camera.answered(number)
    await camera.finish()
    assert camera.queries == [1]
    assert len(await captured_times(nats_broker, pipeline)) == 4
