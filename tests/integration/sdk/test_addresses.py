"""A camera with several addresses of ingest."""

import asyncio
import socket
from typing import Any

import grpc


async def acknowledge_each(stream: Any) -> None:
    await stream.open()
    while (frame := await stream.receive()) is not None:
        await stream.acknowledge(frame.sequence)


def nobody() -> tuple[socket.socket, str]:
    """An address at which nobody listens for as long as the socket is open."""
    held = socket.socket()
    held.bind(("127.0.0.1", 0))
    return held, f"127.0.0.1:{held.getsockname()[1]}"


async def test_it_goes_to_the_next_where_one_is_away(serve: Any, make_camera: Any) -> None:
    ingest = await serve(acknowledge_each)
    held, away = nobody()
    with held:
        async with make_camera(f"{away},{ingest.address}") as camera:
            await camera.send(b"image")
    assert ingest.streams[0].sequences == [1]


async def test_what_one_left_unacknowledged_the_next_gets_in_order(
    serve: Any, make_camera: Any
) -> None:
    async def leave(stream: Any) -> None:
        await stream.open()
        await stream.receive()
        await stream.receive()
        await stream.context.abort(grpc.StatusCode.UNAVAILABLE, "draining")

    first, second = await serve(leave), await serve(acknowledge_each)
    async with make_camera((first.address, second.address)) as camera:
        for _ in range(4):
            await camera.send(b"image")
    assert len(first.streams) == 1
    assert second.streams[0].sequences == [1, 2, 3, 4]
    assert second.streams[0].opening.session == first.streams[0].opening.session


async def test_it_comes_back_to_the_first(serve: Any, make_camera: Any) -> None:
    gone = asyncio.Event()

    async def leave(stream: Any) -> None:
        await stream.open()
        await stream.receive()
        gone.set()
        await stream.context.abort(grpc.StatusCode.UNAVAILABLE, "draining")

    first = await serve(leave, acknowledge_each)
    held, away = nobody()
    with held:
        async with make_camera((first.address, away)) as camera:
            await camera.send(b"image")
            await gone.wait()
            await camera.send(b"image")
    assert first.streams[-1].sequences == [1, 2]
