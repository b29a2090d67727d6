"""How the processes of the services begin and end."""

import asyncio
import contextlib
import os
import signal
import socket
from pathlib import Path

from framemesh.api.ingest.v1 import ingest_pb2, ingest_pb2_grpc
from framemesh.runtime.jetstream.connection.broker import broker
from framemesh.runtime.processes.nats_server import NatsServer, running_nats_server
from framemesh.runtime.rpc.channel import channel
from tests.integration.services.conftest import SERVICES, Service, process
from tests.integration.services.running import MIB, stand_pipeline

END_SECONDS = 6.0
"""From SIGTERM to the end; supervisors kill after 10."""


def errors(said: list[dict[str, object]]) -> list[object]:
    return [line["event"] for line in said if line["level"] in {"error", "critical"}]


async def terminate(services: list[Service]) -> list[tuple[int, list[object]]]:
    """Send SIGTERM to all; the exit status and the errors of each."""
    async with asyncio.timeout(END_SECONDS):
        for each in services:
            each.process.terminate()
        ends = await asyncio.gather(*(each.end() for each in services))
    return [(status, errors(said)) for status, said in ends]


async def test_sigterm_ends_all_while_they_wait_for_the_broker() -> None:
    async with contextlib.AsyncExitStack() as stack:
        all_ = [await stack.enter_async_context(process(name)) for name in SERVICES]
        await asyncio.gather(*(running.logged("connecting to the broker") for running in all_))
        ends = await terminate(all_)
    assert ends == [(0, [])] * len(SERVICES)


async def test_sigterm_ends_all_after_the_broker_died(nats: NatsServer, tmp_path: Path) -> None:
    async with contextlib.AsyncExitStack() as stack:
        server = await stack.enter_async_context(running_nats_server(nats, tmp_path / "nats.log"))
        all_ = [await stack.enter_async_context(process(name, nats.url)) for name in SERVICES]
        await asyncio.gather(*(running.serves() for running in all_))
        server.kill()
        await asyncio.gather(*(running.logged("broker disconnected") for running in all_))
        ends = await terminate(all_)
    assert ends == [(0, [])] * len(SERVICES)


async def test_sigterm_ends_ingest_while_a_session_waits_for_a_broker_that_hangs(
    nats: NatsServer, tmp_path: Path
) -> None:
    async with contextlib.AsyncExitStack() as stack:
        server = await stack.enter_async_context(running_nats_server(nats, tmp_path / "nats.log"))
        connected = await stack.enter_async_context(broker(nats.url, "test"))
        await stand_pipeline(connected)
        running = await stack.enter_async_context(process("ingest", nats.url))
        await running.serves()
        to = await stack.enter_async_context(channel(running.address, max_message_bytes=32 * MIB))
        push = ingest_pb2_grpc.IngestServiceStub(to).Push()
        session = ingest_pb2.OpenSession(pipeline="street", camera="north", session="s1")
        await push.write(ingest_pb2.PushRequest(open=session))
        await push.read()
        os.kill(server.pid, signal.SIGSTOP)
        stack.callback(os.kill, server.pid, signal.SIGCONT)
        picture = b"\xff\xd8\xff\xc0\0\x0b\x08\0\x01\0\x01\x01\0\0\0\xff\xda\0\x02\xff\xd9"
        for sequence in range(1, 6):
            frame = ingest_pb2.Frame(sequence=sequence, image=picture.ljust(MIB, b"\0"))
            await push.write(ingest_pb2.PushRequest(frame=frame))
        ((status, _),) = await terminate([running])
    assert status == 0


async def test_a_port_that_is_taken_is_one_clear_line(nats_url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        async with process("ingest", nats_url, FRAMEMESH_INGEST_LISTEN=address) as running:
            status, said = await running.end()
    assert status == 1
    assert errors(said) == [f"cannot listen on {address}: is it taken?"]


async def test_a_bad_setting_is_one_clear_line() -> None:
    async with process("monitor", FRAMEMESH_LOG_LEVEL="loud", FRAMEMESH_NATS="x") as running:
        status, said = await running.end()
    (line,) = errors(said)
    assert status == 1
    assert str(line).startswith("FRAMEMESH_NATS: use nats://host:port or tls://host:port,") or (
        str(line).startswith("FRAMEMESH_LOG_LEVEL: input should be 'debug', 'info',")
    )


async def test_services_that_start_before_the_broker_wait_for_it_and_end_at_sigterm(
    nats: NatsServer, tmp_path: Path
) -> None:
    async with contextlib.AsyncExitStack() as stack:
        all_ = [await stack.enter_async_context(process(name, nats.url)) for name in SERVICES]
        await asyncio.gather(*(running.logged("connecting to the broker") for running in all_))
        await stack.enter_async_context(running_nats_server(nats, tmp_path / "nats.log"))
        await asyncio.gather(*(running.serves() for running in all_))
        ends = await terminate(all_)
    assert ends == [(0, [])] * len(SERVICES)
