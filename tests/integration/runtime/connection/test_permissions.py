"""Users who may not do what they try: it is told at once, and ends nothing else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from framemesh.core.clock import SystemClock
from framemesh.runtime.dataplane.data_plane import DataPlane
from framemesh.runtime.dataplane.errors import NotPermitted
from framemesh.runtime.dataplane.outbound_message import OutboundMessage
from framemesh.runtime.jetstream.connection.broker import Broker, broker
from framemesh.runtime.jetstream.jetstream_plane import jetstream_plane
from tests.contract.planes import ALL, QUEUE, JetStreamWorld, open_pull, pulling
from tests.integration.runtime.connection.other_server import OtherServer, other_server
from tests.waiting import eventually

EVERYTHING = """
  { user: "admin", password: "a" }
  { user: "Ingest", password: "i", permissions: {
      publish: ["test.>"], subscribe: ["_INBOX.>"] } }
  { user: "deaf", password: "d" }
"""
RESTRICTED = """
  { user: "admin", password: "a" }
  { user: "Ingest", password: "i", permissions: {
      publish: ["test.Mine", "test.mine", "$JS.API.STREAM.NAMES"], subscribe: ["_INBOX.>"] } }
  { user: "deaf", password: "d", permissions: { publish: [">"], subscribe: ["nothing"] } }
  { user: "mute", password: "m", permissions: {
      publish: ["test.>", "$JS.API.CONSUMER.MSG.NEXT.TEST.all"], subscribe: ["_INBOX.>"] } }
"""
SECONDS = 2.0
"""For a refusal, which comes as fast as an answer; without one it would be 5 s and more."""


def users(listed: str) -> str:
    return f'no_auth_user: "admin"\nauthorization {{ users: [{listed}] }}'


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[OtherServer]:
    async with other_server(tmp_path, users(RESTRICTED)) as found:
        async with admin(found) as world:
            await world.provision(QUEUE, ALL)
        yield found


@asynccontextmanager
async def admin(server: OtherServer) -> AsyncIterator[JetStreamWorld]:
    async with (
        broker(server.url, "admin") as connected,
        jetstream_plane(connected, SystemClock()) as plane,
    ):
        yield JetStreamWorld(connected, plane)


@asynccontextmanager
async def plane_of(server: OtherServer, user: str) -> AsyncIterator[tuple[DataPlane, Broker]]:
    async with (
        broker(server.url_of(user, user[0].lower()), "test") as connected,
        jetstream_plane(connected, SystemClock()) as plane,
    ):
        yield plane, connected


async def test_a_denied_subject_is_reported_with_user_and_operation(server: OtherServer) -> None:
    async with plane_of(server, "Ingest") as (plane, connected):
        with capture_logs() as logs:
            async with asyncio.timeout(SECONDS), asyncio.TaskGroup() as tasks:
                storing = [
                    tasks.create_task(plane.store(OutboundMessage(f"test.{name}", b"", name)))
                    for name in ("Mine", "mine")
                ]
                with pytest.raises(NotPermitted) as told:
                    await plane.store(OutboundMessage("test.Yours", b"", "yours"))
            assert all(task.done() for task in storing)
        assert "user 'Ingest' has no permission for publish to 'test.yours'" in str(told.value)
        (said,) = [each for each in logs if each["event"] == "permission denied"]
        assert (said["user"], said["act"], said["subject"]) == ("Ingest", "publish", "test.yours")
        assert connected.client.stats["reconnects"] == 0


async def test_a_password_is_in_no_message_and_no_log(server: OtherServer) -> None:
    with capture_logs() as logs:
        async with broker(server.url_of("mute", "m"), "test") as connected:
            assert (connected.user, connected.url) == ("mute", server.url)
    assert {each["url"] for each in logs if "url" in each} == {server.url}


async def test_a_denied_inbox_is_an_error_of_the_publisher(server: OtherServer) -> None:
    async with plane_of(server, "deaf") as (plane, _), asyncio.timeout(SECONDS):
        for number in range(2):
            with pytest.raises(NotPermitted, match="user 'deaf' has no permission for subscr"):
                await plane.store(OutboundMessage("test.x", b"", f"{number}"))


@pytest.mark.parametrize(
    ("user", "what"), [("deaf", "subscription to '_inbox"), ("Ingest", "publish to '.js.api")]
)
async def test_a_denied_pull_is_an_error(server: OtherServer, user: str, what: str) -> None:
    async with (
        plane_of(server, user) as (plane, _),
        open_pull(plane) as receiver,
        asyncio.timeout(SECONDS),
    ):
        with pytest.raises(NotPermitted, match=what):
            await receiver.pull.run()


async def test_a_denied_ack_is_an_error_of_the_pull(server: OtherServer) -> None:
    async with (
        plane_of(server, "mute") as (plane, _),
        open_pull(plane) as receiver,
        asyncio.timeout(SECONDS),
    ):
        running = asyncio.ensure_future(receiver.pull.run())
        await plane.store(OutboundMessage("test.x", b"", "1"))
        await (await receiver.next()).ack()
        with pytest.raises(NotPermitted, match=r"publish to '\$js.ack.test.all"):
            await running


@pytest.mark.parametrize("user", ["Ingest", "deaf"])
async def test_a_permission_granted_later_works(server: OtherServer, user: str) -> None:
    message = OutboundMessage("test.Yours", b"", "yours")
    async with plane_of(server, user) as (plane, _), asyncio.timeout(10):
        with pytest.raises(NotPermitted):
            await plane.store(message)
        server.reconfigure(users(EVERYTHING))
        while True:
            try:
                await plane.store(message)
                break
            except NotPermitted:
                await asyncio.sleep(0.05)


@pytest.mark.parametrize("user", ["deaf", "Ingest"])
async def test_a_client_that_is_refused_waits_until_it_is_accepted(
    server: OtherServer, user: str
) -> None:
    """As when a password was changed; and the log does not say so five times a second."""
    with capture_logs() as logs:
        async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
            connected = Broker(server.url_of(user, "new"))
            entering = tasks.create_task(connected.connect("test"))
            await asyncio.sleep(1)
            assert not entering.done()
            server.reconfigure(users(RESTRICTED.replace(f'"{user[0].lower()}"', '"new"')))
        await connected.close()
    assert [each["event"] for each in logs].count("broker error") == 1


async def test_a_client_that_is_disconnected_reconnects_when_it_is_accepted(
    server: OtherServer,
) -> None:
    async with (
        plane_of(server, "mute") as (plane, connected),
        asyncio.timeout(20),
        pulling(plane) as receiver,
    ):
        server.reconfigure(users(RESTRICTED.replace('"m"', '"other"')))
        await eventually(lambda: not connected.connected.is_set())
        await asyncio.sleep(0.5)
        server.reconfigure(users(RESTRICTED))
        await connected.connected.wait()
        await plane.store(OutboundMessage("test.x", b"", "1"))
        await receiver.next()
