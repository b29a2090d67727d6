"""Files of models on their way to workers: by digest, once, and shown while they are awaited."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import closing
from pathlib import Path
from typing import Any

import grpc
import pytest

from framemesh.api.master.v1 import model_pb2, node_pb2
from framemesh.master.models.files import BUCKET as FILES
from framemesh.master.models.files import STREAM as FILES_STREAM
from framemesh.modeling.source import FolderSource
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.jetstream.api.object_store import ObjectStore
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.pipeline_store import PipelineStore
from framemesh.runtime.jetstream.revision_store import RevisionStore
from framemesh.runtime.processes.ports import free_block
from framemesh.runtime.rpc.stream_timeouts import FIRST_MESSAGE_SECONDS
from framemesh.worker.assignment import Assignment, AssignmentClient
from framemesh.worker.models.cache import ModelCache
from framemesh.worker.models.fetcher import ModelFetcher
from tests.integration.master.conftest import Master, connect, manifest, onnx_file
from tests.integration.services.running import MIB, master, status_of
from tests.waiting import eventually

CONTENT = onnx_file(padding=MIB)
DIGEST = hashlib.sha256(CONTENT).hexdigest()
Assign = Callable[..., Coroutine[Any, Any, Assignment]]
TWO_STAGES = ({"name": "people", "model": "person"}, {"name": "hats", "model": "person"})


@pytest.fixture
async def addressed(nats_url: str) -> AsyncIterator[tuple[Master, str]]:
    """A master with the model `person` and a pipeline of two stages that both use it."""
    address = f"127.0.0.1:{free_block(1)}"
    async with master(nats_url, address) as channel:
        found = Master(channel)
        await found.register(content=CONTENT)
        await found.apply(stages=TWO_STAGES)
        yield found, address


@pytest.fixture
def assign(addressed: tuple[Master, str], nats_broker: Broker) -> Assign:
    """What a worker that was just started gets, with this folder for its models."""

    async def assignment(folder: Path, *sources: FolderSource) -> Assignment:
        with closing(ModelCache(folder)) as cache:
            fetcher = ModelFetcher(addressed[1], "street-0", cache, sources)
            client = AssignmentClient(
                PipelineStore(nats_broker), RevisionStore(nats_broker), fetcher
            )
            return await client.assignment("street", 0)

    return assignment


async def remove_file(broker: Broker) -> None:
    """Take the file out of the broker: whoever has it afterwards did not download it."""
    await JetStream(broker).streams.purge(FILES_STREAM)


async def test_a_worker_gets_the_file_and_no_worker_of_its_node_downloads_it_again(
    assign: Assign, nats_broker: Broker, tmp_path: Path
) -> None:
    first = await assign(tmp_path / "models")
    assert {each.onnx.read_bytes() for each in first.models.values()} == {CONTENT}
    assert [path.name for path in (tmp_path / "models").iterdir()] == [f"{DIGEST}.onnx"]
    await remove_file(nats_broker)
    assert await assign(tmp_path / "models") == first


async def test_a_file_that_is_in_the_image_is_not_downloaded(
    assign: Assign, nats_broker: Broker, tmp_path: Path
) -> None:
    await remove_file(nats_broker)
    (tmp_path / "image/person").mkdir(parents=True)
    (tmp_path / "image/person/model.onnx").write_bytes(CONTENT)
    found = await assign(tmp_path / "models", FolderSource(tmp_path / "image"))
    assert found.models["hats"].onnx == tmp_path / "image/person/model.onnx"
    assert not (tmp_path / "models").exists()


async def test_a_file_that_is_gone_is_told_and_comes_back_with_a_registration(
    addressed: tuple[Master, str],
    assign: Assign,
    nats_broker: Broker,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    running, _ = addressed
    await remove_file(nats_broker)
    waiting = asyncio.create_task(assign(tmp_path))
    said = ""

    def told() -> bool:
        nonlocal said
        said += "".join(capsys.readouterr())
        return "file of model person is gone: submit it again" in said

    await eventually(told)
    assert (await running.register(content=CONTENT)).version == 1
    assert (await waiting).models["people"].onnx.read_bytes() == CONTENT


async def test_a_download_that_lacks_a_part_is_an_error_and_not_a_file(
    addressed: tuple[Master, str], nats_broker: Broker
) -> None:
    running, _ = addressed
    info = await JetStream(nats_broker).streams.info(FILES_STREAM)
    await JetStream(nats_broker).messages.delete(FILES_STREAM, info.state.first_sequence + 1)
    code, line = await status_of(_drain(running, "person"))
    assert code is grpc.StatusCode.INTERNAL
    assert f"file {DIGEST} of bucket {FILES} lacks chunks" in line
    await running.register(content=CONTENT)
    assert await ObjectStore(nats_broker, FILES).has(DIGEST)
    await _drain(running, "person")


async def _drain(running: Master, name: str) -> None:
    async for _ in running.models.DownloadModel(model_pb2.DownloadModelRequest(name=name)):
        pass


async def test_a_pipeline_tells_what_its_worker_downloads(addressed: tuple[Master, str]) -> None:
    running, _ = addressed
    content = await asyncio.to_thread(onnx_file, padding=40 * MIB)
    await running.register(manifest(name="large"), content)
    agent = await connect(running.channel, "node")
    agent.workers = [
        node_pb2.Worker(id="street-0", pipeline="street", state=node_pb2.WORKER_STATE_STARTING)
    ]
    await agent.report()
    request = model_pb2.DownloadModelRequest(name="large", worker="street-0")
    call = running.models.DownloadModel(request)
    assert await call.read()
    # Nothing is taken, so the master stops where the connection is full.
    await eventually(lambda: _trouble(running, "street-0: downloads model large 1: "))
    assert (await running.get()).trouble.endswith(" of 42 MB")
    call.cancel()
    await eventually(lambda: _trouble(running, ""))
    agent.leave()


async def _trouble(running: Master, expected: str) -> bool:
    found = (await running.get()).trouble
    return found.startswith(expected) if expected else not found


@pytest.mark.slow
async def test_a_stream_that_is_opened_and_never_used_ends(running: Master) -> None:
    submitted, connected = running.models.SubmitModel(), running.nodes.Connect()
    codes = await asyncio.gather(submitted.code(), connected.code())
    assert {*codes} == {grpc.StatusCode.UNAVAILABLE}
    for details in (submitted.details(), connected.details()):
        assert await details == (
            f"no first message within {FIRST_MESSAGE_SECONDS:g} s: send it at once"
        )
