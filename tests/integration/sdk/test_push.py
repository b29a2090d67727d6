"""Both faces of the camera against a real gRPC server."""

import threading
import zlib
from typing import Any

import numpy as np
import pytest

from framemesh.api.ingest.v1 import ingest_pb2
from framemesh.sdk import Counts, FrameRejected

IMAGES = [f"image {number}".encode() for number in range(1, 21)]


async def acknowledge_all(stream: Any, batch: int = 3) -> None:
    await stream.open()
    waiting: list[int] = []
    while (frame := await stream.receive()) is not None:
        waiting.append(frame.sequence)
        if len(waiting) >= batch:
            await stream.acknowledge(*waiting)
            waiting.clear()
    await stream.acknowledge(*waiting)


async def test_frames_arrive_in_order_and_are_acknowledged_in_batches(
    serve: Any, push: Any
) -> None:
    ingest = await serve(acknowledge_all)

    camera = await push(ingest.address, IMAGES)

    (stream,) = ingest.streams
    assert (stream.opening.pipeline, stream.opening.camera) == ("street", "door")
    assert stream.sequences == list(range(1, 21))
    assert [frame.image for frame in stream.frames] == IMAGES
    assert all(frame.captured_unix_nano > 10**18 for frame in stream.frames)
    assert camera.counts == Counts(offered=20, accepted=20, rejected=0, dropped=0, pending=0)


async def test_every_frame_has_the_digest_of_its_image(serve: Any, push: Any) -> None:
    ingest = await serve(acknowledge_all)
    await push(ingest.address, IMAGES)
    digests = [frame.crc32 for frame in ingest.streams[0].frames]
    assert digests == [zlib.crc32(image) for image in IMAGES]


async def test_every_stream_begins_with_what_the_clock_of_the_camera_says(
    serve: Any, push: Any
) -> None:
    async def short(stream: Any) -> None:
        await stream.open(frames=2)
        await stream.receive()

    readings = iter(range(10_000, 20_000))
    ingest = await serve(short, acknowledge_all)
    await push(ingest.address, IMAGES[:4], clock=readings.__next__)
    first, second = ingest.streams
    assert 10_000 <= first.clock < second.clock
    captured = [frame.captured_unix_nano for frame in second.frames]
    assert all(10_000 <= one < 10**12 for one in captured), "by the same clock"


async def test_every_camera_has_a_session_of_its_own(serve: Any, push: Any) -> None:
    ingest = await serve(acknowledge_all)

    await push(ingest.address, IMAGES[:1])
    await push(ingest.address, IMAGES[:1])

    first, second = ingest.streams
    assert first.opening.session != second.opening.session


async def test_no_more_is_under_way_than_there_is_credit_for(serve: Any, push: Any) -> None:
    under_way: list[int] = []

    async def stingy(stream: Any) -> None:
        await stream.open(frames=2)
        while (await stream.receive()) is not None:
            under_way.append(len(stream.frames) % 2)
            if len(stream.frames) % 2 == 0:
                await stream.acknowledge(*stream.sequences[-2:])

    ingest = await serve(stingy)
    await push(ingest.address, IMAGES)
    assert under_way == [1, 0] * 10


async def test_a_frame_over_the_limit_stays_here_and_is_on_record(serve: Any, push: Any) -> None:
    refused: list[FrameRejected] = []

    async def strict(stream: Any) -> None:
        await stream.open(largest=10)
        while (frame := await stream.receive()) is not None:
            rejection = ingest_pb2.Rejection(
                sequence=frame.sequence,
                reason=ingest_pb2.REJECTION_REASON_TOO_LARGE,
                message=f"{frame.withheld_bytes} bytes, at most 10",
            )
            if frame.withheld_bytes:
                await stream.acknowledge(rejected=(rejection,))
            else:
                await stream.acknowledge(frame.sequence)

    ingest = await serve(strict)
    camera = await push(
        ingest.address, [b"small", b"much too large", b"small"], on_rejected=refused.append
    )

    (stream,) = ingest.streams
    assert [frame.image for frame in stream.frames] == [b"small", b"", b"small"]
    assert [frame.withheld_bytes for frame in stream.frames] == [0, 14, 0]
    assert refused == [FrameRejected(2, "too_large", "14 bytes, at most 10")]
    assert camera.counts == Counts(offered=3, accepted=2, rejected=1, dropped=0, pending=0)


async def test_an_array_travels_as_a_jpeg(serve: Any, push: Any) -> None:
    ingest = await serve(acknowledge_all)

    await push(ingest.address, [np.zeros((48, 64, 3), np.uint8), bytearray(b"as it is")])

    images = [frame.image for frame in ingest.streams[0].frames]
    assert images[0].startswith(b"\xff\xd8\xff")
    assert images[1] == b"as it is"


async def test_a_camera_that_sent_nothing_connects_to_nothing(push: Any) -> None:
    camera = await push("127.0.0.1:1", [])
    assert camera.counts == Counts(0, 0, 0, 0, 0)


async def test_closing_leaves_no_thread_behind(serve: Any, push: Any) -> None:
    ingest = await serve(acknowledge_all)
    await push(ingest.address, IMAGES)
    assert not [one for one in threading.enumerate() if one.name.startswith("framemesh-")]


@pytest.mark.parametrize("batch", [1, 7])
async def test_the_end_waits_for_the_last_acknowledgement(
    serve: Any, push: Any, batch: int
) -> None:
    async def late(stream: Any) -> None:
        await acknowledge_all(stream, batch)

    ingest = await serve(late)
    camera = await push(ingest.address, IMAGES[:5])
    assert camera.counts.pending == 0
