"""A broker and a fleet, which outlive every leader."""

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace

from framemesh.core.pipeline.rollout import RolloutPhase
from framemesh.core.worker_role import WorkerRole
from framemesh.master.models import entries, files
from framemesh.master.models.promotions import PREFIX
from framemesh.runtime.jetstream.api.headers import KEY_VALUE_OPERATION
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.jetstream.api.key_value import KeyValueBucket, bucket_stream
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.pipeline_store import StoredPipeline
from framemesh.runtime.messages.subjects import REVISIONS_BUCKET
from tests.hand_clock import HandClock
from tests.integration.master.mortal_leaders.broker import Life
from tests.integration.master.mortal_leaders.changes import MODEL, Act, Change
from tests.integration.master.mortal_leaders.fleets import Fleet
from tests.integration.master.mortal_leaders.leader import Leader, Term, running_leader

MODELS = files.STREAM, bucket_stream(entries.BUCKET)
"""Streams that are the same for all changes, but for what was promoted."""

MAX_STEPS = 100
"""Of one change: more are a change that never ends."""


class World:
    def __init__(self, url: str, broker: Broker, fleet: Callable[[], Fleet]) -> None:
        self._url = url
        self._broker = broker
        self._jetstream = JetStream(broker)
        self._new_fleet = fleet
        self._fleet = fleet()
        self._clock = HandClock()
        self._dies_in: RolloutPhase | None = None
        self._epoch = 0

    async def begin(self, change: Change) -> None:
        """What there is before a change, and nothing else."""
        self._fleet, self._clock, self._dies_in = self._new_fleet(), HandClock(), None
        for name in await self._jetstream.streams.names():
            if name not in MODELS:
                await self._jetstream.streams.delete(name)
        await KeyValueBucket(self._broker, entries.BUCKET).remove(PREFIX + MODEL)
        await self.settle()
        for act in change.before:
            await self.settle(act)
        if change.begun:
            async with self.leader() as leader:
                await change.begun(leader)
        await self.push(change.frames)
        self._dies_in = change.dies_in

    async def ends(self, change: Change) -> tuple[int, dict[str, object], dict[str, object]]:
        """The steps of a change that nothing disturbs, and what there is before and after it."""
        await self.begin(change)
        before, whole = await self.found(), Life()
        await self.settle(change.act, whole)
        assert 0 < whole.taken < MAX_STEPS
        return whole.taken, before, await self.found()

    async def push(self, frames: int) -> None:
        """Put frames into the buffer."""
        for number in range(frames):
            await self._jetstream.messages.store(f"frames.street.1-0.camera-{number}", b"frame")

    def leader(
        self, life: Life | None = None, *, fenced: bool = True
    ) -> AbstractAsyncContextManager[Leader]:
        """Another leader; the one before it leads no more."""
        self._epoch += 1
        return running_leader(
            self._url,
            self._fleet.driver,
            Term(self._epoch, lambda: self._epoch),
            clock=self._clock,
            dies_in=self._dies_in,
            life=life,
            fenced=fenced,
        )

    async def settle(self, act: Act | None = None, life: Life | None = None) -> None:
        """Another leader, which does all that is to be done."""
        async with self.leader(life) as leader:
            if act:
                await act(leader)
            await leader.settle()

    async def work_off(self) -> None:
        """Complete all frames, as workers do; what follows is done."""
        for name in await self._streams("FRAMES-"):
            await self._jetstream.streams.purge(name)
        await self.settle()

    async def found(self) -> dict[str, object]:
        """All that there is, as far as it is the same after the same change."""
        async with self.leader() as leader:
            pipelines, fleet = await leader.known(), await leader.fleet.observe()
            cordoned = leader.cordons.names
            promotions = await leader.promotions.get(MODEL)
            scaled = await leader.scaling.all()
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
            "pipelines": {name: _without_times(stored) for name, stored in pipelines.items()},
            "promotions": promotions,
            "scaled": {name: each.replicas for name, each in scaled.items()},
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


def _without_times(stored: StoredPipeline) -> StoredPipeline:
    """Without when it was applied, and with which number: later leaders find other ones."""
    rollout, rolled_back = stored.rollout, stored.rolled_back
    return replace(
        stored,
        revision=0,
        shadow=0,
        applied_unix_nano=0,
        rollout=rollout and replace(rollout, stable_applied_unix_nano=0, since_unix_nano=0),
        rolled_back=rolled_back and replace(rolled_back, revision=0),
    )
