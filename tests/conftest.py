"""Fixtures that every test may use."""

import os
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from framemesh.runtime.jetstream.connection.broker import Broker, broker
from framemesh.runtime.processes.nats_server import NatsServer, running_nats_server
from framemesh.runtime.processes.ports import FREE_PORTS, free_block
from tests.loop_monitor import LIMIT_SECONDS, LoopMonitor


def pytest_configure() -> None:
    """What a shell starts in the background ignores Ctrl-C, and so would all its children."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    _keep_to_own_ports()
    # A property promises no time, and a machine that is busy is no fault: 65 ms become 600.
    settings.register_profile("any time", deadline=None)
    settings.load_profile("any time")


def pytest_make_parametrize_id(val: object) -> str | None:
    """Bytes are named by their number: what compressed them may have written the time into them,
    and tests that run side by side must be named alike."""
    return f"{len(val)} bytes" if isinstance(val, bytes) else None


def _keep_to_own_ports() -> None:
    """Tests that run side by side find free ports where no other looks: a port that was free for a
    moment, while a server of a test was down, is not taken by another test's."""
    start, end = FREE_PORTS
    share = (end - start) // int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    start += share * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    os.environ["FRAMEMESH_FREE_PORTS"] = f"{start}-{start + share - 1}"


@pytest.fixture(scope="session")
def loop_monitor() -> LoopMonitor:
    monitor = LoopMonitor()
    monitor.install()
    return monitor


@pytest.fixture(autouse=True)
def unblocked_loop(request: pytest.FixtureRequest, loop_monitor: LoopMonitor) -> Iterator[None]:
    """Fails a test whose event loop was blocked, unless it is marked with `blocks_loop(reason)`.

    One that is marked with `loop_limit(seconds)` has a limit of its own.
    """
    limit = request.node.get_closest_marker("loop_limit")
    loop_monitor.limit_seconds = limit.args[0] if limit else LIMIT_SECONDS
    loop_monitor.take()
    yield
    found = loop_monitor.take()
    if found and request.node.get_closest_marker("blocks_loop") is None:
        pytest.fail("the event loop was " + "\n".join(found), pytrace=False)


@pytest.fixture
def nats(tmp_path: Path) -> NatsServer:
    """A nats-server of the test's own, not yet started."""
    return NatsServer(store=tmp_path / "nats", port=free_block(1))


@pytest.fixture
async def nats_url(nats: NatsServer, tmp_path: Path) -> AsyncIterator[str]:
    """The URL of a nats-server that runs for this test alone."""
    async with running_nats_server(nats, tmp_path / "nats.log"):
        yield nats.url


@pytest.fixture
async def nats_broker(nats_url: str) -> AsyncIterator[Broker]:
    async with broker(nats_url, "test") as connected:
        yield connected
