"""A nats-server of our configuration."""

import asyncio
import contextlib
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from framemesh.runtime.jetstream.connection.broker import Broker, broker
from framemesh.runtime.processes.nats_server import (
    NatsServer,
    NatsServerFailed,
    jetstream_answers,
    running_nats_server,
)
from framemesh.runtime.processes.ports import free_block
from tests.waiting import eventually


async def test_it_answers_when_the_context_begins_and_not_after(
    nats: NatsServer, tmp_path: Path
) -> None:
    async with running_nats_server(nats, tmp_path / "log"):
        assert await jetstream_answers(nats.address)
    assert not await jetstream_answers(nats.address)


async def test_its_limits_are_those_of_the_configuration(nats_broker: Broker) -> None:
    assert nats_broker.client.max_payload == 8 * 1024 * 1024
    account = await nats_broker.request("$JS.API.INFO", {})
    assert "error" not in account


async def test_the_store_is_bounded_and_may_have_any_name(nats: NatsServer, tmp_path: Path) -> None:
    odd = tmp_path / 'it\'s "my" données # $HOME'
    server = NatsServer(odd, nats.port, store_max_bytes=1_000_000)
    async with running_nats_server(server, tmp_path / "log"):
        pass
    assert (odd / "jetstream").is_dir()
    assert "Max Storage:     976.56 KB" in (tmp_path / "log").read_text()


async def test_its_status_pages_are_there_when_they_have_a_port(tmp_path: Path) -> None:
    port = free_block(2)
    server = NatsServer(tmp_path / "store", port, monitor_port=port + 1)
    async with running_nats_server(server, tmp_path / "log"), asyncio.timeout(5):
        reader, writer = await asyncio.open_connection(server.host, port + 1)
        writer.write(b"GET /healthz HTTP/1.0\r\n\r\n")
        assert b"200 OK" in await reader.readline()
        writer.close()


async def test_a_taken_port_is_an_error(nats: NatsServer, tmp_path: Path) -> None:
    with (
        socket.create_server((nats.host, nats.port)),
        pytest.raises(NatsServerFailed, match="is taken"),
    ):
        async with running_nats_server(nats, tmp_path / "log"):
            pass


async def test_the_error_of_a_server_that_ends_at_once_has_the_reason(
    nats: NatsServer, tmp_path: Path
) -> None:
    server = NatsServer(tmp_path / "store", nats.port, sync_interval="soon")
    with pytest.raises(NatsServerFailed, match="sync_interval"):
        async with running_nats_server(server, tmp_path / "log"):
            pass


async def test_something_else_that_listens_is_no_jetstream() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        assert not await jetstream_answers(f"127.0.0.1:{other.getsockname()[1]}")


FRAME = bytes(150_000)
BUFFER = {
    "name": "BUFFER",
    "subjects": ["buffer"],
    "retention": "workqueue",
    "discard": "new",
    "max_bytes": 16 * 1024**2,
}


async def test_a_buffer_gives_its_disk_back_while_one_old_frame_waits(
    nats: NatsServer, tmp_path: Path
) -> None:
    server = replace(nats, sync_interval="1s")
    async with (
        running_nats_server(server, tmp_path / "log"),
        broker(server.url, "test") as connected,
        asyncio.timeout(30),
    ):
        await connected.request("$JS.API.STREAM.CREATE.BUFFER", BUFFER)
        # The first waits; those after it are removed one by one, as when they are acked.
        for number in range(1, 301):
            await connected.client.request("buffer", FRAME)
            if number > 1:
                request = {"seq": number, "no_erase": True}
                await connected.request("$JS.API.STREAM.MSG.DELETE.BUFFER", request)
        await eventually(lambda: _bytes_below(server.store) < 10 * 1024**2)


def test_the_disk_is_given_back_within_seconds_by_default(tmp_path: Path) -> None:
    assert NatsServer(tmp_path, 4222).sync_interval == "10s"


def _bytes_below(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        # The server removes files meanwhile.
        with contextlib.suppress(FileNotFoundError):
            total += path.stat().st_size
    return total
