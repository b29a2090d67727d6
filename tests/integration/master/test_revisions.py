"""The revisions that a pipeline had are kept, and one can come back."""

from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import grpc
import pytest

from framemesh.api.master.v1 import model_pb2, pipeline_pb2
from framemesh.master.pipelines import revisions
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.pipeline_store import PipelineStore
from framemesh.runtime.jetstream.revision_store import RevisionStore
from framemesh.runtime.processes.ports import free_block
from framemesh.worker.assignment import AssignmentClient
from framemesh.worker.models.cache import ModelCache
from framemesh.worker.models.fetcher import ModelFetcher
from tests.integration.master.conftest import Master, connect, manifest
from tests.integration.services.running import master, status_of
from tests.waiting import eventually


async def changed_twice(running: Master) -> tuple[int, int]:
    """A pipeline with version 1 of its model, then with version 2; its two revisions."""
    first = (await running.apply()).revision
    await running.register(manifest(description="better"))
    return first, (await running.apply()).revision


async def history(running: Master, name: str = "street") -> list[pipeline_pb2.Revision]:
    answer = await running.pipelines.ListRevisions(pipeline_pb2.ListRevisionsRequest(name=name))
    return [*answer.revisions]


async def roll_back(running: Master, revision: int = 0) -> pipeline_pb2.Pipeline:
    request = pipeline_pb2.RollBackPipelineRequest(name="street", revision=revision)
    return (await running.pipelines.RollBackPipeline(request)).pipeline


def version(each: pipeline_pb2.Revision | pipeline_pb2.Pipeline) -> int:
    return each.spec.stages[0].model_version


async def test_a_pipeline_tells_what_it_was(running: Master) -> None:
    first, second = await changed_twice(running)
    found = await history(running)
    assert [(each.revision, version(each), each.current) for each in found] == [
        (second, 2, True),
        (first, 1, False),
    ]
    assert all(each.applied_unix_nano for each in found)


async def test_an_earlier_revision_comes_back_under_its_number(running: Master) -> None:
    first, second = await changed_twice(running)
    east = await connect(running.channel, "east")
    await east.has(f"street-r{second}-0")
    await east.report_ready()
    back = await roll_back(running)
    assert (back.revision, version(back)) == (first, 1)
    await east.has(f"street-r{first}-0", f"street-r{second}-0")
    assert (await roll_back(running, second)).revision == second
    again = await running.apply(shards=2)
    assert again.revision > second
    assert [each.revision for each in await history(running)] == [again.revision, second, first]


async def test_a_revision_with_other_streams_comes_back_with_new_ones(running: Master) -> None:
    first = (await running.apply(shards=2)).revision
    await running.apply(shards=3)
    back = await roll_back(running)
    assert (back.revision, back.spec.buffer.shards) == (first, 2)


async def test_what_cannot_come_back_is_refused_in_one_line(running: Master) -> None:
    first, second = await changed_twice(running)
    code, line = await status_of(roll_back(running, 10**6))
    assert (code, line) == (
        grpc.StatusCode.NOT_FOUND,
        f"no revision 1000000 of pipeline 'street' is kept (others that are: {first})",
    )
    assert (await status_of(roll_back(running, second)))[1] == (
        f"pipeline 'street' is at revision {second} already"
    )
    east = await connect(running.channel, "east")
    await east.has(f"street-r{second}-0")
    await east.report_ready()

    async def is_good() -> bool:
        return not (await running.get()).HasField("rollout")

    # Until then the model of what may come back is not deleted.
    await eventually(is_good)
    await running.models.DeleteModel(model_pb2.DeleteModelRequest(name="person", version=1))
    code, line = await status_of(roll_back(running))
    assert code is grpc.StatusCode.NOT_FOUND
    assert line.startswith("stages[0].model: ")
    assert (await running.get()).revision == second


async def test_the_last_revisions_are_kept_and_none_of_a_deleted_pipeline(
    running: Master, nats_broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revisions, "MAX_KEPT", 2)
    made = [(await running.apply(shards=shards)).revision for shards in range(1, 6)]
    # And the current one, and the last one that was good: no worker of the others was ready.
    kept = [each.revision for each in await history(running)]
    assert kept == [*made[:-4:-1], made[0]]
    await running.delete()
    assert await RevisionStore(nats_broker).numbers("street") == []


@pytest.fixture
async def addressed(nats_url: str) -> AsyncIterator[tuple[Master, str]]:
    address = f"127.0.0.1:{free_block(1)}"
    async with master(nats_url, address) as channel:
        found = Master(channel)
        await found.register()
        yield found, address


async def test_a_worker_starts_with_the_specification_of_its_own_revision(
    addressed: tuple[Master, str], nats_broker: Broker, tmp_path: Path
) -> None:
    running, address = addressed
    first, second = await changed_twice(running)
    with closing(ModelCache(tmp_path)) as cache:
        client = AssignmentClient(
            PipelineStore(nats_broker),
            RevisionStore(nats_broker),
            ModelFetcher(address, "street-0", cache, ()),
        )
        for revision, model_version in ((first, 1), (second, 2)):
            pipeline = (await client.assignment("street", revision)).pipeline
            assert pipeline.revision == revision
            assert pipeline.spec.stages[0].model_version == model_version
        # Of one that is not kept the newest.
        assert (await client.assignment("street", 0)).pipeline.revision == second
