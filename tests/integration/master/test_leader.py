"""Two masters on one broker: one leads, the other takes over."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import grpc
import grpc.aio
import pytest

from framemesh.api.master.v1 import model_pb2_grpc, node_pb2_grpc, pipeline_pb2, pipeline_pb2_grpc
from framemesh.cli.common.model_folder import ModelFolder
from framemesh.cli.submission.upload import announced, upload
from framemesh.core.clock import SystemClock
from framemesh.core.documents.document import read
from framemesh.core.leases.unchanged_keys import OUTDATED_SECONDS
from framemesh.master.app import NODES, PIPELINES
from framemesh.master.models.entries import BUCKET as MANIFESTS
from framemesh.master.models.promotions import Promotions, PromotionStore
from framemesh.modeling.manifest import ModelManifest
from framemesh.runtime.concurrency.background_task import background_task
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.jetstream.api.key_value import KeyValueBucket
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.leases.election import BUCKET, LEADER, Election
from framemesh.runtime.jetstream.leases.lease_bucket import LeaseBucket
from framemesh.runtime.jetstream.leases.lease_keeper import Lease
from framemesh.runtime.jetstream.pipeline_store import PipelineChanged, PipelineStore
from framemesh.runtime.processes.child import Child
from framemesh.runtime.processes.ports import free_block
from framemesh.runtime.rpc.channel import channel as channel_to
from framemesh.runtime.rpc.channel import leader_channel, sync_leader_channel
from framemesh.runtime.rpc.health import grpc_serving
from tests.integration.master.conftest import Agent, Master, manifest, onnx_file
from tests.integration.services.running import MIB, status_of
from tests.waiting import eventually

TAKEOVER_SECONDS = 10.0
"""From the death of the leader to the first answer of the next one."""


class Masters:
    """Processes of the master, so that they can be killed and frozen."""

    def __init__(self, nats_url: str, folder: Path) -> None:
        self._nats_url = nats_url
        self._folder = folder
        self.children: dict[str, Child] = {}

    async def start(self) -> str:
        """Another one; returns its address when it is well."""
        address = f"127.0.0.1:{free_block(1)}"
        self.children[address] = await Child.start(
            [sys.executable, "-m", "framemesh.master"],
            name=address,
            log=self._folder / f"{address}.log",
            environment={
                "FRAMEMESH_NATS": self._nats_url,
                "FRAMEMESH_MASTER_LISTEN": address,
                "FRAMEMESH_MASTER_SPOOL": str(self._folder),
            },
        )
        await eventually(lambda: grpc_serving(address), 20)
        return address

    def signal(self, address: str, number: int) -> None:
        os.kill(self.children[address].pid, number)

    async def stop(self) -> None:
        for child in self.children.values():
            # One that a test froze gets no other signal.
            with contextlib.suppress(ProcessLookupError):
                os.kill(child.pid, signal.SIGCONT)
            await child.stop(5)

    def leading(self) -> grpc.aio.Channel:
        return leader_channel(",".join(self.children), PIPELINES)


@pytest.fixture
async def masters(nats_url: str, tmp_path: Path) -> AsyncIterator[Masters]:
    found = Masters(nats_url, tmp_path)
    try:
        yield found
    finally:
        await found.stop()


async def answered(master: Master) -> bool:
    """Whether a master leads and answers."""
    try:
        await master.pipelines.ListPipelines(pipeline_pb2.ListPipelinesRequest(), timeout=1)
    except grpc.aio.AioRpcError:
        return False
    return True


async def leaders(masters: Masters) -> list[str]:
    """Addresses of those who answer calls themselves."""
    found = []
    for address in masters.children:
        async with channel_to(address, own_connection=True) as to:
            if await answered(Master(to)):
                found.append(address)
    return found


async def test_the_one_that_does_not_lead_says_who_does(masters: Masters) -> None:
    first = await masters.start()
    second = await masters.start()
    assert await leaders(masters) == [first]
    async with channel_to(second) as to:
        call = pipeline_pb2_grpc.PipelineServiceStub(to).ListPipelines(
            pipeline_pb2.ListPipelinesRequest()
        )
        assert await status_of(call) == (
            grpc.StatusCode.UNAVAILABLE,
            f"this one does not lead, {first} does: call again",
        )


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL], ids=["stopped", "killed"])
async def test_the_next_one_leads_when_the_leader_is(masters: Masters, end: int) -> None:
    first, second = await masters.start(), await masters.start()
    async with masters.leading() as channel:
        running = Master(channel)
        await running.register()
        revision = (await running.apply(workers=1)).revision
        masters.signal(first, end)

        async def second_leads() -> bool:
            return await leaders(masters) == [second]

        await eventually(second_leads, TAKEOVER_SECONDS)
        await eventually(lambda: answered(running))
        assert (await running.get()).revision == revision


async def test_commands_wait_for_the_next_leader(masters: Masters) -> None:
    first, second = await masters.start(), await masters.start()
    masters.signal(first, signal.SIGKILL)
    command = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "framemesh.cli",
        "node",
        "list",
        env={**os.environ, "FRAMEMESH_MASTER": f"{first},{second}"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(30):
        said, _ = await command.communicate()
    assert (command.returncode, said.decode().splitlines()[0][:8]) == (0, "no nodes")


async def test_a_leader_that_was_frozen_changes_nothing_when_it_goes_on(masters: Masters) -> None:
    first, second = await masters.start(), await masters.start()
    async with channel_to(first) as to_first, channel_to(second) as to_second:
        old = Agent("east", node_pb2_grpc.NodeServiceStub(to_first).Connect())
        await old.report()
        await old.has()
        masters.signal(first, signal.SIGSTOP)
        await eventually(lambda: answered(Master(to_second)), TAKEOVER_SECONDS)
        masters.signal(first, signal.SIGCONT)
        # It ends the streams of its agents, so that they go to the one that leads.
        code, line = await status_of(old.has("never"))
        assert code is grpc.StatusCode.UNAVAILABLE, line

        async def one_leads() -> bool:
            return await leaders(masters) == [second]

        await eventually(one_leads, TAKEOVER_SECONDS)


async def test_a_leader_that_was_frozen_alone_leads_again(
    masters: Masters, nats_broker: Broker
) -> None:
    alone = await masters.start()
    bucket = LeaseBucket(nats_broker, "master", 0, 1, SystemClock(), bucket=BUCKET)

    async def lease_is_free() -> bool:
        return await bucket.get(LEADER) is None

    async with channel_to(alone) as to:
        running = Master(to)
        await running.register()
        await running.apply(workers=1)
        masters.signal(alone, signal.SIGSTOP)
        await eventually(lease_is_free, TAKEOVER_SECONDS)
        masters.signal(alone, signal.SIGCONT)
        agents: list[Agent] = []

        async def assigns_again() -> bool:
            # Until it knows that its lease has ended, it may take a call, and break it off.
            agent = Agent("east", node_pb2_grpc.NodeServiceStub(to).Connect())
            try:
                await agent.report()
                await agent.has_count(1)
            except (grpc.aio.AioRpcError, AssertionError, asyncio.InvalidStateError):
                return False
            agents.append(agent)
            return True

        await eventually(assigns_again, TAKEOVER_SECONDS)
        await running.apply(workers=2)
        await agents[-1].has_count(2)


async def test_an_agent_finds_the_leader_and_has_the_same_workers(masters: Masters) -> None:
    first, second = await masters.start(), await masters.start()
    addresses = f"{first},{second}"
    async with masters.leading() as channel, leader_channel(addresses, NODES) as to:
        running = Master(channel)
        await running.register()
        agent = Agent("east", node_pb2_grpc.NodeServiceStub(to).Connect())
        await agent.report()
        await running.apply(workers=2)
        await agent.has_count(2)
        before = agent.assignments
        await agent.report_ready()
        masters.signal(first, signal.SIGKILL)

        async def second_leads() -> bool:
            return await leaders(masters) == [second]

        await eventually(second_leads, TAKEOVER_SECONDS)
        await eventually(lambda: answered(running))
        agent.call = node_pb2_grpc.NodeServiceStub(to).Connect()
        await agent.report_ready()
        await agent.has_count(2)
        assert agent.assignments == before


async def test_only_one_of_many_candidates_leads_at_a_time(nats_broker: Broker) -> None:
    leading: list[str] = []
    terms: list[int] = []

    @asynccontextmanager
    async def candidate(name: str) -> AsyncIterator[None]:
        async def lead(lease: Lease) -> None:
            assert not leading
            leading.append(name)
            terms.append(lease.epoch)
            try:
                await asyncio.Event().wait()
            finally:
                leading.remove(name)

        async def stand_by(leader: str) -> None:
            assert leader in {"a", "b", "c"}

        election = Election(
            nats_broker, "tested", name, lead=lead, standby=stand_by, clock=SystemClock()
        )
        async with background_task(election.run()):
            yield

    stacks = {}
    for name in "abc":
        stacks[name] = AsyncExitStack()
        await stacks[name].enter_async_context(candidate(name))
    for _ in range(3):
        await eventually(lambda: bool(leading))
        # What is released is free at once.
        await stacks.pop(leading[0]).aclose()
    assert not leading
    assert terms == sorted(terms)
    assert len({*terms}) == 3


async def test_a_leader_that_came_back_with_the_broker_and_does_not_expire_is_not_waited_for(
    nats_broker: Broker,
) -> None:
    bucket = LeaseBucket(nats_broker, "tested", 0, 1, SystemClock(), bucket=BUCKET)
    await bucket.ensure()
    lasting = json.dumps({"member": "gone 1a2b3c4d", "epoch": 1}).encode()
    await JetStream(nats_broker).messages.store(f"$KV.{BUCKET}.tested.0.shards.{LEADER}", lasting)
    leads = asyncio.Event()

    async def lead(_: Lease) -> None:
        leads.set()
        await asyncio.Event().wait()

    async def stand_by(leader: str) -> None:
        assert leader == "gone"

    election = Election(
        nats_broker, "tested", "here", lead=lead, standby=stand_by, clock=SystemClock()
    )
    async with background_task(election.run()), asyncio.timeout(3 * OUTDATED_SECONDS):
        await leads.wait()


async def test_a_pipeline_that_another_master_changed_is_not_overwritten(
    running: Master, nats_broker: Broker
) -> None:
    await running.apply(workers=0)
    store = PipelineStore(nats_broker)
    read = await store.get("street")
    await running.apply(workers=1)
    with pytest.raises(PipelineChanged, match="street was changed at the same time"):
        await store.write(read)
    with pytest.raises(PipelineChanged):
        await store.put(read.spec, read.generation, entry=read.entry)
    assert (await running.get()).spec.workers.min == 1


class KillsOnce:
    """The progress of an upload, whose master is killed in its middle."""

    def __init__(self, kill: Callable[[], None]) -> None:
        self._kill = kill
        self._killed = False
        self.interruptions = 0

    def has(self, received_bytes: int) -> None:
        if received_bytes > 8 * MIB and not self._killed:
            self._killed = True
            self._kill()

    def interrupted(self, received_bytes: int) -> None:
        self.interruptions += 1


async def test_a_model_that_is_on_its_way_arrives_at_the_next_leader(
    masters: Masters, tmp_path: Path
) -> None:
    first, second = await masters.start(), await masters.start()
    path = tmp_path / "model.onnx"
    await asyncio.to_thread(lambda: path.write_bytes(onnx_file(padding=60 * MIB)))
    model = ModelFolder(read(manifest(), ModelManifest, "model.yaml"), path)
    progress = KillsOnce(lambda: masters.signal(first, signal.SIGKILL))
    with sync_leader_channel(f"{first},{second}", PIPELINES) as to:
        stub = model_pb2_grpc.ModelServiceStub(to)
        sent = await asyncio.to_thread(upload, stub, announced(model), path, progress)
    assert (sent.name, sent.version, sent.size_bytes) == ("person", 1, path.stat().st_size)
    assert progress.interruptions
    assert await leaders(masters) == [second]


async def test_a_promotion_that_a_leader_began_is_finished_by_the_next(
    masters: Masters, nats_broker: Broker
) -> None:
    first, second = await masters.start(), await masters.start()
    async with masters.leading() as to:
        master = Master(to)
        await master.register()
        await master.apply(workers=0)
        await master.register(manifest(description="two"))
        # What is there when a leader is killed after it changed one of two pipelines.
        stage = {"name": "people", "model": "person", "model_version": 2}
        changed = {**stage, "follows_promotions": True}
        revision = (await master.apply(name="yard", stages=[changed], workers=0)).revision
        promotions = PromotionStore(KeyValueBucket(nats_broker, MANIFESTS))
        await promotions.put("person", Promotions().promoting(2, before=1))
        masters.signal(first, signal.SIGKILL)
        await eventually(lambda: answered(master))
        await eventually(lambda: _version(master), until=lambda version: version == 2)
        await eventually(lambda: promotions.get("person"), until=lambda found: not found.unfinished)
        assert (await master.get("yard")).revision == revision
        assert await leaders(masters) == [second]


async def _version(master: Master) -> int:
    return (await master.get()).spec.stages[0].model_version
