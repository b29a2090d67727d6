"""A broker with users: each service does its work, and no other's; accounts do not meet."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import framemesh.ingest.app
import framemesh.ingest.settings
import framemesh.master.app
import framemesh.master.settings
import framemesh.monitor.app
import framemesh.monitor.settings
import framemesh.sink.app
import framemesh.sink.settings
from framemesh.api.ingest.v1 import ingest_pb2_grpc
from framemesh.core.clock import SystemClock
from framemesh.core.pipeline.generation import Generation
from framemesh.core.worker_speed import UNKNOWN_SPEED
from framemesh.runtime.jetstream.api.errors import ApiError
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.jetstream.api.streams import StreamConfig
from framemesh.runtime.jetstream.connection.broker import Broker, BrokerUnavailable, broker
from framemesh.runtime.jetstream.leases.lease_bucket import LeaseBucket
from framemesh.runtime.jetstream.leases.takeover import take_over
from framemesh.runtime.jetstream.publish.publisher import publisher
from framemesh.runtime.jetstream.worker_speeds import WorkerSpeeds
from framemesh.runtime.processes.child import Child
from framemesh.runtime.processes.nats_server import CONFIGURATION, NatsServer, jetstream_answers
from framemesh.runtime.processes.nats_users import Account, AccountLimits, users_configuration
from framemesh.runtime.processes.ports import free_block
from framemesh.runtime.processes.programs import nats_server
from framemesh.runtime.rpc.channel import channel
from tests.integration.ingest.conftest import Push, frame, jpeg
from tests.integration.leases.pulling import publish, pulling
from tests.integration.monitor.conftest import Writer, ledgers
from tests.integration.services.running import serving, stand_pipeline
from tests.waiting import eventually

MIB = 1024 * 1024


@dataclass
class Brokers:
    """A nats-server with two accounts."""

    server: NatsServer
    street: Account
    acme: Account
    denied: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def connected(self, account: Account, service: str) -> AsyncIterator[Broker]:
        async with broker(account.url(service, self.server.address), service) as found:
            found.permission_listeners.add(lambda denied: self.denied.append(denied.why))
            yield found


def from_here(folder: Path) -> str:
    return os.path.relpath(CONFIGURATION, folder)


@pytest.fixture
async def brokers(tmp_path: Path, nats: NatsServer) -> AsyncIterator[Brokers]:
    street = Account.of("street")
    acme = Account.of("acme", AccountLimits(file_bytes=64 * MIB, streams=20, consumers=50))
    file = tmp_path / "users.conf"
    file.write_text(users_configuration([street, acme], from_here(tmp_path)))
    child = await Child.start(
        (nats_server(), "--config", file),
        name="nats",
        log=tmp_path / "nats.log",
        environment=nats.environment(),
    )
    try:
        # Who shows no user may ask for its health, and nothing else.
        await eventually(lambda: jetstream_answers(nats.address))
        yield Brokers(nats, street, acme)
    finally:
        await child.stop(10.0)


async def test_a_mesh_works_with_the_permissions_of_its_services(
    brokers: Brokers, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    port = free_block(4)
    master, ingest, monitor, sink = (f"127.0.0.1:{port + n}" for n in range(4))

    def url(service: str) -> str:
        return brokers.street.url(service, brokers.server.address)

    async with AsyncExitStack() as running:
        enter = running.enter_async_context
        leading = framemesh.master.settings.Settings(nats=url("master"), listen=master)
        await enter(serving(framemesh.master.app.run, leading, master))
        async with brokers.connected(brokers.street, "master") as owner:
            await stand_pipeline(owner)
        taking = framemesh.ingest.settings.Settings(nats=url("ingest"), listen=ingest)
        await enter(serving(framemesh.ingest.app.run, taking, ingest))
        showing = framemesh.monitor.settings.Settings(
            nats=url("monitor"), listen=monitor, http="127.0.0.1:0", master=master
        )
        await enter(serving(framemesh.monitor.app.run, showing, monitor))
        writing = framemesh.sink.settings.Settings(nats=url("sink"), listen=sink, name="s")
        await enter(serving(framemesh.sink.app.run, writing, sink))
        async with channel(ingest, max_message_bytes=32 * MIB) as to_ingest:
            push = Push(ingest_pb2_grpc.IngestServiceStub(to_ingest).Push())
            await push.open()
            await push.send(frame(1, jpeg(1)), frame(2, b"no picture"))
            await push.answered(2)
            assert (push.accepted, list(push.rejected)) == ([1], [2])
            push.call.cancel()
        async with channel(monitor) as to_monitor:
            wanted = {"north": {"offered": 2, "accepted": 1, "rejected": 1, "pending": 1}}
            await eventually(lambda: ledgers(to_monitor), until=lambda found: found == wanted)
    assert "permission denied" not in capsys.readouterr().out + caplog.text


@pytest.mark.parametrize(
    ("service", "subject"),
    [
        ("ingest", "$KV.framemesh-pipelines.street"),
        ("ingest", "$JS.API.STREAM.DELETE.LEDGER-street"),
        ("ingest", "$JS.API.STREAM.PURGE.LEDGER-street"),
        ("monitor", "frames.street.1-0.north"),
        ("monitor", "outcomes.street.north.s.1"),
        ("monitor", "$JS.ACK.LEDGER-street.x.1.1.1.1.1"),
        ("monitor", "$JS.API.STREAM.CREATE.OTHER"),
        ("worker", "frames.street.1-0.north"),
        ("worker", "$KV.framemesh-pipelines.street"),
        ("worker", "$JS.API.STREAM.DELETE.FRAMES-street-1-0"),
        ("sink", "outcomes.street.north.s.1"),
        ("sink", "$KV.framemesh-sinks.x"),
        ("master", "frames.street.1-0.north"),
        ("master", "outcomes.street.north.s.1"),
    ],
)
async def test_a_service_does_not_do_what_another_one_does(
    brokers: Brokers, service: str, subject: str
) -> None:
    async with brokers.connected(brokers.street, service) as connected:
        await connected.client.publish(subject, b"{}")
        assert "no permission" in (await eventually(lambda: brokers.denied))[0]


@pytest.mark.parametrize("service", ["ingest", "worker", "monitor", "sink", "master"])
async def test_nobody_reads_answers_to_others_nor_frames_that_are_not_for_it(
    brokers: Brokers, service: str
) -> None:
    async with brokers.connected(brokers.street, service) as connected:
        # The monitor shows both: its pictures are copies of frames on their way.
        flows = ["frames.>", "outcomes.>"] if service != "monitor" else []
        for subject in ("_INBOX.>", "$KV.>", ">", *flows):
            await connected.client.subscribe(subject)
            await eventually(lambda: brokers.denied)
            brokers.denied.clear()


@pytest.mark.parametrize("service", ["worker", "sink"])
async def test_both_forms_of_acknowledgements_are_allowed(brokers: Brokers, service: str) -> None:
    async with brokers.connected(brokers.street, service) as connected:
        for subject in ("S.C.1.1.1.1.0", "DOMAIN.HASH.S.C.1.1.1.1.0.token"):
            await connected.client.publish(f"$JS.ACK.{subject}", b"+ACK")
        await connected.client.flush()
        assert not brokers.denied


async def test_accounts_do_not_see_one_another(brokers: Brokers) -> None:
    async with (
        brokers.connected(brokers.street, "master") as street,
        brokers.connected(brokers.acme, "master") as acme,
        brokers.connected(brokers.acme, "monitor") as watching,
    ):
        await stand_pipeline(street)
        assert (await acme.request("$JS.API.STREAM.NAMES", {}))["streams"] is None
        heard = await watching.client.subscribe("frames.>")
        async with brokers.connected(brokers.street, "ingest") as ingest:
            reply = await ingest.call("frames.street.1-0.north", b"x")
            assert b"seq" in reply.data
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await heard.next_msg(timeout=5)
        # The same names are free in the other account.
        streams = JetStream(acme).streams
        await streams.create(
            StreamConfig(name="LEDGER-street", subjects=("frames.>",), max_bytes=MIB)
        )


async def test_an_account_has_limits_of_its_own(brokers: Brokers) -> None:
    async with (
        brokers.connected(brokers.acme, "master") as acme,
        brokers.connected(brokers.street, "master") as street,
    ):
        big = StreamConfig(name="BIG", subjects=("big.>",), max_bytes=65 * MIB)
        with pytest.raises((ApiError, BrokerUnavailable)):
            await JetStream(acme).streams.create(big)
        await JetStream(street).streams.create(big)


async def test_a_wrong_password_is_told_and_not_shown(
    brokers: Brokers, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = "wrong-password"  # noqa: S105  it is for tests
    address = brokers.server.address
    wrong = Account.of("street", passwords={"ingest": secret}).url("ingest", address)
    connecting = asyncio.ensure_future(broker(wrong, "ingest").__aenter__())
    said = ""

    def told() -> bool:
        nonlocal said
        said += capsys.readouterr().out
        return "uthorization" in said

    await eventually(told)
    connecting.cancel()
    await asyncio.wait([connecting])
    assert secret not in said


async def test_a_worker_takes_shards_over_and_completes_their_frames(brokers: Brokers) -> None:
    async with (
        brokers.connected(brokers.street, "master") as master,
        brokers.connected(brokers.street, "ingest") as ingest,
        brokers.connected(brokers.street, "worker") as worker,
        brokers.connected(brokers.street, "worker") as successor,
    ):
        spec = await stand_pipeline(master)
        shard = Generation.of(1, spec).all_shards("street")[0]
        await WorkerSpeeds(master).create()
        await WorkerSpeeds(worker).put("street", "w", UNKNOWN_SPEED)
        leases = LeaseBucket(worker, "street", 1, 1, SystemClock())
        await leases.ensure()
        await leases.announce("w1")
        await leases.take(0, "w1")
        await leases.withdraw("w1")
        await publish(ingest, shard, 2)
        for epoch, connection in ((1, worker), (2, successor)):
            consumer = await take_over(connection, shard, epoch, f"holder-{epoch}")
            async with pulling(connection, consumer) as pulled:
                await pulled.until(1)
                async with publisher(connection) as publish_outcome:
                    await Writer(publish_outcome).complete("door", [epoch])
                await pulled.deliveries[0].ack()
                await connection.client.flush()
        assert not brokers.denied
