"""Sessions learn that their pipeline was changed or deleted, whatever is wrong with others."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace

from framemesh.core.documents.document import InvalidDocument, Problem
from framemesh.core.pipeline.generation import Generation
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.ingest.pipeline_snapshots import PipelineSnapshots
from framemesh.runtime.jetstream.pipeline_store import PipelineUnknown, StoredPipeline


def stored(name: str) -> StoredPipeline:
    spec = PipelineSpec(name=name, stages=(StageSpec(name="detect", model="m"),))
    return StoredPipeline(spec, Generation.of(1, spec), revision=1)


class Bucket:
    """What the store and the feed say; both read the same."""

    def __init__(self, *names: str) -> None:
        self.entries: dict[str, StoredPipeline] = {name: stored(name) for name in names}
        self.damaged: set[str] = set()
        self.reads = 0
        self.changed: asyncio.Queue[None] = asyncio.Queue()

    @property
    def pipelines(self) -> Mapping[str, StoredPipeline]:
        return {name: each for name, each in self.entries.items() if name not in self.damaged}

    async def changes(self) -> AsyncIterator[Mapping[str, StoredPipeline]]:
        while True:
            await self.changed.get()
            yield self.pipelines

    async def get(self, name: str) -> StoredPipeline:
        self.reads += 1
        await asyncio.sleep(0)
        if name in self.damaged:
            raise InvalidDocument(f"stored pipeline {name}", (Problem((), "is not JSON"),))
        if name not in self.entries:
            raise PipelineUnknown(name)
        return self.entries[name]


async def test_an_unreadable_pipeline_does_not_keep_the_changes_of_others_back() -> None:
    bucket = Bucket("damaged", "sound")
    snapshots = PipelineSnapshots(bucket, bucket)  # type: ignore[arg-type]
    damaged = await snapshots.snapshot("damaged")
    sound = await snapshots.snapshot("sound")
    watching = asyncio.create_task(snapshots.watch())
    try:
        bucket.damaged.add("damaged")
        bucket.changed.put_nowait(None)
        await asyncio.sleep(0)
        generation = replace(bucket.entries["sound"].generation, number=2)
        bucket.entries["sound"] = replace(bucket.entries["sound"], generation=generation)
        bucket.changed.put_nowait(None)
        async with asyncio.timeout(5):
            while sound.fault is None:
                await asyncio.sleep(0.01)
        assert damaged.fault is None, "its streams are as they were, as far as anybody knows"
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


async def test_sessions_that_open_side_by_side_share_what_is_read() -> None:
    bucket = Bucket("street")
    snapshots = PipelineSnapshots(bucket, bucket)  # type: ignore[arg-type]
    opening = [asyncio.ensure_future(snapshots.snapshot("street")) for _ in range(100)]
    await asyncio.sleep(0)
    opening[0].cancel()
    found = await asyncio.gather(*opening, return_exceptions=True)
    assert isinstance(found[0], asyncio.CancelledError)
    assert not any(isinstance(each, BaseException) for each in found[1:])
    assert bucket.reads == 1
    await snapshots.snapshot("street")
    assert bucket.reads == 2
    gone = await asyncio.gather(
        *(snapshots.snapshot("gone") for _ in range(2)), return_exceptions=True
    )
    assert [type(each) for each in gone] == [PipelineUnknown, PipelineUnknown]
