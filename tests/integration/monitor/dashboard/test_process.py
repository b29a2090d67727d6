"""The process of a monitor that browsers look at."""

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from websockets.exceptions import ConnectionClosed

from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.runtime.processes.ports import free_block
from framemesh.runtime.rpc.health import grpc_serving
from tests.dashboard_browser import open_browser
from tests.waiting import eventually

END_SECONDS = 10.0
"""After which a supervisor kills a process that it told to end."""


@asynccontextmanager
async def monitor_process(nats_url: str, listen: str, http: str) -> AsyncIterator[Process]:
    environment = {
        "FRAMEMESH_NATS": nats_url,
        "FRAMEMESH_MONITOR_LISTEN": listen,
        "FRAMEMESH_MONITOR_HTTP": http,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "framemesh.monitor", env=environment, stderr=PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@pytest.fixture
def ports() -> tuple[str, str]:
    first = free_block(2)
    return f"127.0.0.1:{first}", f"127.0.0.1:{first + 1}"


async def test_sigterm_ends_it_in_time_while_browsers_look(
    nats_url: str, pipeline: PipelineSpec, ports: tuple[str, str]
) -> None:
    listen, http = ports
    async with monitor_process(nats_url, listen, http) as process:
        await eventually(lambda: grpc_serving(listen))
        async with open_browser(http) as browser, open_browser(http) as idle:
            idle.socket.transport.pause_reading()
            for each in (browser, idle):
                await each.ask(mesh=True)
            await browser.message("mesh")
            process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(END_SECONDS):
                assert await process.wait() == 0
            with pytest.raises(ConnectionClosed):
                await browser.message("mesh", lambda _: False)
            assert browser.socket.close_code == 1012
            idle.socket.transport.abort()


async def test_a_port_that_is_taken_is_one_clear_line(
    nats_url: str, pipeline: PipelineSpec, ports: tuple[str, str]
) -> None:
    listen, http = ports
    server = await asyncio.start_server(lambda _, writer: writer.close(), *http.split(":"))
    async with server, monitor_process(nats_url, listen, http) as process:
        assert process.stderr is not None
        async with asyncio.timeout(END_SECONDS):
            said = (await process.stderr.read()).decode()
            assert await process.wait() == 1
        assert f"cannot listen on {http}: is it taken?" in said
        assert "Traceback" not in said
