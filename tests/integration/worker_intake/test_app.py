"""A worker's parts work for one revision of its pipeline, whatever changes while it starts."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

import framemesh.worker.app
from framemesh.api.master.v1 import model_pb2, model_pb2_grpc
from framemesh.api.worker.v1 import worker_pb2, worker_pb2_grpc
from framemesh.core.documents.document import dump
from framemesh.core.pipeline.delivery import DeliverySpec
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.modeling.local_model import LocalModel
from framemesh.modeling.manifest import DecoderSpec, InputSpec, ModelManifest
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.pipeline_store import PipelineStore, StoredPipeline
from framemesh.runtime.processes.ports import free_block
from framemesh.runtime.rpc.channel import channel
from framemesh.runtime.rpc.server import Service, grpc_server
from framemesh.worker.engine.batch_bound import BatchBound
from framemesh.worker.engine.group_sizes import GroupSizes
from framemesh.worker.intake.dispatcher import Dispatcher
from framemesh.worker.intake.shard_access import JetStreamShards
from framemesh.worker.settings import Settings

SPEC = PipelineSpec("street", (StageSpec("people", "person", 1),))
CHANGED = replace(SPEC, delivery=DeliverySpec(max_attempts=9))
MANIFEST = ModelManifest(
    "person", "model.onnx", ("person",), InputSpec("input", 8, 8), DecoderSpec("classification")
)
CONTENT = b"a model"
MODEL = model_pb2.Model(
    name="person", version=1, size_bytes=len(CONTENT), digest=hashlib.sha256(CONTENT).hexdigest()
)


class Models:
    """What a worker needs of a master."""

    def __getattr__(self, method: str) -> Any:
        """Those that are not called here."""

    async def GetModel(
        self, request: model_pb2.GetModelRequest, context: Any
    ) -> model_pb2.GetModelResponse:
        return model_pb2.GetModelResponse(model=MODEL, manifest=json.dumps(dump(MANIFEST)))

    async def DownloadModel(self, request: model_pb2.DownloadModelRequest, context: Any) -> None:
        await context.write(model_pb2.DownloadModelResponse(model=MODEL))
        await context.write(model_pb2.DownloadModelResponse(chunk=CONTENT))


@dataclass
class Parts:
    """What the parts of a worker were made for."""

    engine: PipelineSpec | None = None
    policy: DeliverySpec | None = None
    consumer: StoredPipeline | None = None
    started: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass
class FakeTriton:
    address = "nowhere"
    healthy = True
    restarts = 0
    shared_memory = False


@dataclass
class FakeEngine:
    triton: FakeTriton = field(default_factory=FakeTriton)
    graph: Any = None
    rows: int = 1
    frames: int = 8
    groups: GroupSizes = GroupSizes(1, BatchBound(8))  # noqa: RUF009  nothing learns
    stages: dict[str, Any] = field(default_factory=dict)


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch, nats_broker: Broker) -> Parts:
    """Those that need a Triton or frames are stand-ins. Somebody changes the pipeline meanwhile."""
    found = Parts()

    @asynccontextmanager
    async def open_engine(
        spec: PipelineSpec, models: Mapping[str, LocalModel], **_: Any
    ) -> AsyncIterator[FakeEngine]:
        found.engine = spec
        await PipelineStore(nats_broker).put(CHANGED)
        yield FakeEngine()

    class ShardConsumer:
        def __init__(
            self,
            dispatcher: Dispatcher,
            access: JetStreamShards,
            pipeline: StoredPipeline,
            stored: StoredPipeline,
        ) -> None:
            found.policy = dispatcher._delivery
            found.consumer = pipeline

        async def run(self, stop: asyncio.Event) -> None:
            found.started.set()
            await stop.wait()

    monkeypatch.setattr(framemesh.worker.app, "open_engine", open_engine)
    monkeypatch.setattr(framemesh.worker.app, "ShardConsumer", ShardConsumer)
    return found


async def test_all_parts_of_a_worker_have_the_same_revision(
    parts: Parts, nats_broker: Broker, nats_url: str, tmp_path: Path
) -> None:
    store = PipelineStore(nats_broker)
    await store.create()
    first = await store.put(SPEC)
    ports = free_block(2)
    settings = Settings(
        nats=nats_url,
        id="worker",
        pipeline="street",
        revision=first.revision,
        master=f"127.0.0.1:{ports}",
        listen=f"127.0.0.1:{ports + 1}",
        data=tmp_path / "worker",
    )
    service = Service(
        model_pb2.DESCRIPTOR.services_by_name["ModelService"].full_name,
        lambda to: model_pb2_grpc.add_ModelServiceServicer_to_server(models, to),
    )
    models: Any = Models()
    stop = asyncio.Event()
    async with asyncio.timeout(20), grpc_server(settings.master, [service]) as server:
        await server.set_serving(True)
        running = asyncio.ensure_future(framemesh.worker.app.run(settings, stop))
        await parts.started.wait()
        async with channel(settings.listen) as to_worker:
            worker = await worker_pb2_grpc.WorkerServiceStub(to_worker).GetWorker(
                worker_pb2.GetWorkerRequest(), wait_for_ready=True
            )
        stop.set()
        await running
    assert (await store.get("street")).spec == CHANGED
    assert parts.engine == SPEC
    assert parts.policy == SPEC.delivery
    assert parts.consumer == first
    assert worker.revision == first.revision
