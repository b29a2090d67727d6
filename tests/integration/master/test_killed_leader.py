"""A leader is killed after every single step of every kind of change; the next one finds the same
end.

A step is a write to JetStream, or an application to the fleet.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace

import pytest
from pydantic import ByteSize

from framemesh.core.errors import FramemeshError
from framemesh.core.pipeline.rollout_spec import RolloutSpec
from framemesh.core.pipeline.shadow_spec import ShadowSpec
from framemesh.core.pipeline.spec import PipelineSpec, WorkersSpec
from framemesh.core.worker_role import WorkerRole
from framemesh.master.models import entries, files
from framemesh.runtime.jetstream.api.headers import KEY_VALUE_OPERATION
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.jetstream.api.key_value import bucket_stream
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.pipeline_store import PipelineUnknown
from framemesh.runtime.messages import pipeline_message
from framemesh.runtime.messages.subjects import REVISIONS_BUCKET
from tests.integration.master.conftest import Master, manifest, pipeline_spec
from tests.integration.master.mortal_fleets import FLEETS, Fleet, MemoryFleet
from tests.integration.master.mortal_leader import (
    Killed,
    Leader,
    Life,
    SuspendedLife,
    running_leader,
)
from tests.integration.services.running import MIB, master

MAX_STEPS = 60
"""Of one change: more are a change that never ends."""


STREET = pipeline_message.from_proto(
    pipeline_spec(
        workers=2, shards=2, stages=({"name": "people", "model": "person", "model_version": 1},)
    )
)

SHADOWED = replace(STREET, rollout=RolloutSpec(shadow=ShadowSpec({"people": 2})))

Act = Callable[[Leader], Awaitable[object]]


@dataclass(frozen=True)
class Change:
    """A kind of change: what is there before, and what a person does."""

    act: Act
    new: bool = False
    """Whether there is no pipeline before."""
    before: PipelineSpec | None = None
    """The pipeline that there is before; None: STREET."""
    frames: int = 0
    """That wait in its buffer meanwhile."""


def applied(wanted: PipelineSpec) -> Act:
    return lambda leader: leader.pipelines.apply(wanted)


async def deleted(leader: Leader) -> None:
    try:
        await leader.pipelines.delete("street", discard_pending=True)
    except PipelineUnknown:
        return  # what a person is told who asks again


CHANGES = {
    "create": Change(applied(STREET), new=True),
    "scale": Change(applied(replace(STREET, workers=WorkersSpec(min=4)))),
    "new version": Change(
        applied(replace(STREET, stages=(replace(STREET.stages[0], model_version=2),)))
    ),
    "other shards": Change(
        applied(replace(STREET, buffer=replace(STREET.buffer, shards=4, streams=2))), frames=3
    ),
    "more storage": Change(
        applied(replace(STREET, buffer=replace(STREET.buffer, max_bytes=ByteSize(128 * MIB)))),
        frames=3,
    ),
    "delete": Change(deleted, frames=3),
    "shadow begins": Change(applied(SHADOWED)),
    "other shards of one with a shadow": Change(
        applied(replace(SHADOWED, buffer=replace(STREET.buffer, shards=4))),
        before=SHADOWED,
        frames=3,
    ),
    "shadow ends": Change(applied(STREET), before=SHADOWED),
    "delete with a shadow": Change(deleted, before=SHADOWED),
    "drain of a node": Change(lambda leader: leader.cordons.add("east")),
}


class World:
    """A broker and a fleet, which outlive every leader."""

    def __init__(self, url: str, broker: Broker, fleet: Callable[[], Fleet]) -> None:
        self._url = url
        self._jetstream = JetStream(broker)
        self._new_fleet = fleet
        self._fleet = fleet()
        self._epoch = 0

    async def begin(self, change: Change) -> None:
        """What there is before a change, and nothing else."""
        self._fleet = self._new_fleet()
        for name in await self._jetstream.streams.names():
            if name not in MODELS:
                await self._jetstream.streams.delete(name)
        async with self.leader() as leader:
            if not change.new:
                await leader.pipelines.apply(change.before or STREET)
            await leader.settle()
        for number in range(change.frames):
            await self._jetstream.messages.store(f"frames.street.1-0.camera-{number}", b"frame")

    def leader(self, life: Life | None = None) -> AbstractAsyncContextManager[Leader]:
        self._epoch += 1
        return running_leader(self._url, self._fleet.driver, self._epoch, life)

    async def work_off(self) -> None:
        """Complete all frames, as workers do."""
        for name in await self._streams("FRAMES-"):
            await self._jetstream.streams.purge(name)

    async def found(self) -> dict[str, object]:
        """All that there is, as far as it is the same after the same change."""
        async with self.leader() as leader:
            pipelines, fleet = await leader.known(), await leader.fleet.observe()
            cordoned = leader.cordons.names
        revisions = {name: stored.revision for name, stored in pipelines.items()}
        # What is kept of the revision that is there is kept to be replaced.
        kept = {f"$KV.{REVISIONS_BUCKET}.{name}.{number}" for name, number in revisions.items()}
        shadows = {name: stored.shadow for name, stored in pipelines.items()}
        current = {WorkerRole.WORKER: revisions, WorkerRole.SHADOW: shadows}
        workers = Counter(
            (
                each.pipeline,
                each.role.value,
                each.revision == current[each.role].get(each.pipeline),
                each.state.value,
            )
            for each in fleet.replicas
        )
        streams = {name: await self._stream(name) for name in await self._streams()}
        return {
            "pipelines": {
                name: replace(stored, revision=0, shadow=0) for name, stored in pipelines.items()
            },
            "workers": workers,
            "on drained nodes": sum(each.node in cordoned for each in fleet.replicas),
            "streams": streams,
            "buckets": {
                name: {*await self._keys(name)} - kept for name in await self._streams("KV_")
            },
        }

    async def _streams(self, prefix: str = "") -> list[str]:
        found = await self._jetstream.streams.names()
        return sorted(name for name in found if name.startswith(prefix) and name not in MODELS)

    async def _stream(self, name: str) -> tuple[object, ...]:
        info = await self._jetstream.streams.info(name)
        messages = info.state.messages if name.startswith("FRAMES-") else 0
        consumers = sorted(await self._jetstream.consumers.names(name))
        return replace(info.config, other={}), messages, consumers

    async def _keys(self, stream: str) -> list[str]:
        """Of a bucket, without those that were deleted."""
        subjects = f"$KV.{stream.removeprefix('KV_')}.>"
        found = await self._jetstream.streams.info(stream, subjects)
        return [
            subject
            for subject in found.state.subjects
            if KEY_VALUE_OPERATION
            not in (await self._jetstream.messages.last(stream, subject)).headers
        ]


async def ends(world: World, change: Change) -> tuple[int, dict[str, object], dict[str, object]]:
    """The steps of a change that nothing disturbs, and what there is before and after it."""
    await world.begin(change)
    before, whole = await world.found(), Life()
    async with world.leader(whole) as leader:
        await change.act(leader)
        await leader.settle()
    assert 0 < whole.taken < MAX_STEPS
    return whole.taken, before, await world.found()


MODELS = files.STREAM, bucket_stream(entries.BUCKET)


@pytest.fixture
async def url(nats_url: str) -> str:
    """Of a nats-server that has two versions of a model."""
    async with master(nats_url) as channel:
        for labels in (["person"], ["human"]):
            await Master(channel).register(manifest(labels=labels))
    return nats_url


@pytest.mark.parametrize("fleet", FLEETS.values(), ids=FLEETS)
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
async def test_the_next_leader_finds_the_same_end(
    change: Change, fleet: Callable[[], Fleet], url: str, nats_broker: Broker
) -> None:
    world = World(url, nats_broker, fleet)
    whole, before, after = await ends(world, change)
    await world.work_off()
    async with world.leader() as leader:
        await leader.settle()
    end = await world.found()

    for steps in range(whole + 1):
        await world.begin(change)
        with contextlib.suppress(Killed):
            async with world.leader(Life(steps)) as leader:
                await change.act(leader)
                await leader.settle()
        async with world.leader() as leader:
            await leader.settle()
        alone = await world.found()
        assert alone in (before, after), f"after {steps} steps"
        async with world.leader() as leader:
            await change.act(leader)
            await leader.settle()
        assert await world.found() == after, f"after {steps} steps, and once more"
        await world.work_off()
        async with world.leader() as leader:
            await leader.settle()
        assert await world.found() == end, f"after {steps} steps, once more, and all frames"


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
async def test_a_leader_that_was_suspended_spoils_nothing_of_the_next_one(
    change: Change, url: str, nats_broker: Broker
) -> None:
    world = World(url, nats_broker, MemoryFleet)
    whole, before, after = await ends(world, change)
    for steps in range(1, whole + 1):
        await world.begin(change)
        life = SuspendedLife(steps)
        async with world.leader(life) as old:
            acting = asyncio.ensure_future(change.act(old))
            suspended = asyncio.ensure_future(life.suspended.wait())
            await asyncio.wait({acting, suspended}, return_when=asyncio.FIRST_COMPLETED)
            async with world.leader() as new:
                await new.settle()
                life.go_on.set()
                # It may be refused: the caller tries again.
                with contextlib.suppress(FramemeshError):
                    await acting
                suspended.cancel()
                await new.settle()
        assert await world.found() in (before, after), f"suspended after {steps} steps"
