"""What both faces of the camera do when the other end fails them."""

import asyncio
import socket
import time
from typing import Any

import grpc
import pytest

from framemesh.sdk import (
    CameraRefused,
    Counts,
    FramesUnacknowledged,
    IngestUnreachable,
    NoCredit,
    PipelineUnknown,
)

IMAGES = [f"image {number}".encode() for number in range(1, 13)]


async def acknowledge_each(stream: Any) -> None:
    await stream.open()
    while (frame := await stream.receive()) is not None:
        await stream.acknowledge(frame.sequence)


async def never_acknowledge(stream: Any) -> None:
    await stream.open(frames=2)
    while (await stream.receive()) is not None:
        pass
    await asyncio.Event().wait()


def breaking(code: grpc.StatusCode) -> Any:
    """Takes six frames, acknowledges the first two, breaks."""

    async def script(stream: Any) -> None:
        await stream.open(frames=8)
        for _ in range(6):
            await stream.receive()
        await stream.acknowledge(1, 2)
        await stream.context.abort(code, "going away")

    return script


def refusing(code: grpc.StatusCode, line: str) -> Any:
    async def script(stream: Any) -> None:
        await stream.context.abort(code, line)

    return script


@pytest.mark.parametrize(
    "code",
    [
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.CANCELLED,
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.DEADLINE_EXCEEDED,
    ],
)
async def test_what_a_broken_stream_left_is_sent_again_under_the_same_ids(
    serve: Any, push: Any, code: grpc.StatusCode
) -> None:
    ingest = await serve(breaking(code), acknowledge_each)

    camera = await push(ingest.address, IMAGES)

    first, second = ingest.streams
    assert first.opening == second.opening
    assert first.sequences == [1, 2, 3, 4, 5, 6]
    assert second.sequences == list(range(3, 13))
    assert [frame.image for frame in second.frames] == IMAGES[2:]
    assert second.frames[0].captured_unix_nano == first.frames[2].captured_unix_nano
    assert camera.counts == Counts(offered=12, accepted=12, rejected=0, dropped=0, pending=0)


async def test_a_stream_that_ends_before_its_time_is_opened_again(serve: Any, push: Any) -> None:
    async def short(stream: Any) -> None:
        await stream.open(frames=2)
        await stream.receive()

    ingest = await serve(short, acknowledge_each)
    camera = await push(ingest.address, IMAGES)
    assert camera.counts.accepted == 12


async def test_a_smaller_credit_after_a_break_is_kept_to(serve: Any, push: Any) -> None:
    under_way: list[int] = []

    async def stingy(stream: Any) -> None:
        await stream.open(frames=1)
        while (frame := await stream.receive()) is not None:
            under_way.append(frame.sequence)
            await asyncio.sleep(0.01)  # time to send too much
            await stream.acknowledge(under_way.pop())
            assert not under_way

    ingest = await serve(breaking(grpc.StatusCode.UNAVAILABLE), stingy)
    camera = await push(ingest.address, IMAGES)
    assert camera.counts.accepted == 12
    assert ingest.streams[1].sequences == list(range(3, 13))


async def test_an_unknown_pipeline_is_told_at_once(serve: Any, push: Any) -> None:
    ingest = await serve(refusing(grpc.StatusCode.NOT_FOUND, "no pipeline 'street'; there are: a"))
    with pytest.raises(PipelineUnknown, match="there are: a"):
        await push(ingest.address, IMAGES)
    assert len(ingest.streams) == 1


async def test_a_bad_name_is_told_at_once(serve: Any, push: Any) -> None:
    ingest = await serve(refusing(grpc.StatusCode.INVALID_ARGUMENT, "bad camera name"))
    with pytest.raises(CameraRefused, match="bad camera name"):
        await push(ingest.address, IMAGES)


async def test_an_ingest_that_is_not_there_is_named(push: Any) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        began = time.monotonic()
        with pytest.raises(IngestUnreachable, match=f"{address} within 0.4 s .*is it running"):
            await push(address, IMAGES, connect_timeout=0.4)
    assert 0.3 < time.monotonic() - began < 5


async def test_an_ingest_that_says_nothing_is_given_up(serve: Any, push: Any) -> None:
    async def mute(stream: Any) -> None:
        await asyncio.Event().wait()

    ingest = await serve(mute)
    with pytest.raises(IngestUnreachable, match="it does not answer"):
        await push(ingest.address, IMAGES, connect_timeout=0.3)


async def test_closing_says_how_many_frames_were_not_acknowledged(serve: Any, push: Any) -> None:
    ingest = await serve(never_acknowledge)
    with pytest.raises(FramesUnacknowledged, match="left 2 frames") as caught:
        await push(ingest.address, IMAGES[:2], close_timeout=0.3)
    assert caught.value.count == 2


async def test_no_credit_for_too_long_raises_and_the_wait_for_the_rest_is_noted(
    serve: Any, push: Any
) -> None:
    ingest = await serve(never_acknowledge)
    with pytest.raises(NoCredit, match=r"for 0\.2 s") as caught:
        await push(ingest.address, IMAGES, send_timeout=0.2, close_timeout=0.1)
    assert "left 2 frames" in caught.value.__notes__[0]


async def test_an_ingest_that_comes_back_on_its_port_gets_the_rest(serve: Any, push: Any) -> None:
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        port = chosen.getsockname()[1]
    async with asyncio.TaskGroup() as group:
        pushing = group.create_task(push(f"127.0.0.1:{port}", IMAGES))
        await asyncio.sleep(0.3)  # some attempts fail
        await serve(acknowledge_each, address=f"127.0.0.1:{port}")
    assert pushing.result().counts.accepted == 12
