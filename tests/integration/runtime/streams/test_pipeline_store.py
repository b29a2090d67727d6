"""Who writes the entry of a pipeline has seen the one that it replaces."""

import pytest

from framemesh.core.pipeline.generation import Generation
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.pipeline_store import (
    PipelineChanged,
    PipelineStore,
    PipelineUnknown,
    StoredPipeline,
)

SPEC = PipelineSpec("street", (StageSpec("people", "person", 1),))
NEW = StoredPipeline(SPEC, Generation.of(1, SPEC))


@pytest.fixture
async def store(nats_broker: Broker) -> PipelineStore:
    found = PipelineStore(nats_broker)
    await found.create()
    return found


async def test_one_that_was_made_meanwhile_is_not_written_over(store: PipelineStore) -> None:
    made = await store.write(NEW)
    with pytest.raises(PipelineChanged, match="street was changed at the same time"):
        await store.write(NEW)
    assert await store.get("street") == made


async def test_one_that_was_deleted_can_be_made_again(store: PipelineStore) -> None:
    first = await store.write(NEW)
    await store.delete("street", first.entry)
    assert await store.entry("street") == 0
    again = await store.write(NEW)
    assert again.revision > first.revision


async def test_one_that_was_made_again_is_not_deleted(store: PipelineStore) -> None:
    first = await store.write(NEW)
    await store.delete("street")
    again = await store.write(NEW)
    with pytest.raises(PipelineChanged):
        await store.delete("street", first.entry)
    assert await store.get("street") == again
    await store.delete("street", again.entry)
    with pytest.raises(PipelineUnknown):
        await store.get("street")
