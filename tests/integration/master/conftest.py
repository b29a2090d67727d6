"""A master on a real nats-server, small models, and agents whose reports the test writes."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import grpc.aio
import pytest
from onnx import TensorProto, helper

from framemesh.api.master.v1 import (
    model_pb2,
    model_pb2_grpc,
    node_pb2,
    node_pb2_grpc,
    pipeline_pb2,
    pipeline_pb2_grpc,
)
from tests.integration.services.running import LOCK_TIMEOUT_SECONDS, MIB, master


def onnx_file(
    *,
    name: str = "images",
    dtype: int = TensorProto.UINT8,
    shape: Sequence[int | str] = ("batch", 48, 64, 3),
    padding: int = 0,
) -> bytes:
    """A model that sees nothing; `padding` bytes of weights make the file larger."""
    batch = shape[0]
    sides = {"heatmap": (1, 4, 4), "boxes": (4, 4, 4)}
    graph = helper.make_graph(
        [
            helper.make_node("Cast", [name], ["pixels"], to=TensorProto.FLOAT),
            *(helper.make_node("Reshape", ["pixels", "sides"], [output]) for output in sides),
        ],
        "tiny",
        [helper.make_tensor_value_info(name, dtype, shape)],
        [
            helper.make_tensor_value_info(output, TensorProto.FLOAT, [batch, *shape])
            for output, shape in sides.items()
        ],
        [
            helper.make_tensor("sides", TensorProto.INT64, [4], [-1, 4, 4, 4]),
            helper.make_tensor("pad", TensorProto.UINT8, [padding], bytes(padding), raw=True),
        ],
    )
    opsets = [helper.make_opsetid("", 18)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=10)
    content: bytes = model.SerializeToString()
    return content


def manifest(**changes: Any) -> dict[str, Any]:
    """A model.yaml, with some of its fields changed; None removes one."""
    document: dict[str, Any] = {
        "name": "person",
        "file": "model.onnx",
        "labels": ["person"],
        "max_batch": 8,
        "input": {
            "name": "images",
            "width": 64,
            "height": 48,
            "layout": "nhwc",
            "dtype": "uint8",
        },
        "decoder": {"name": "centernet"},
    }
    for key, value in changes.items():
        target = document
        *path, last = key.split("__")
        for step in path:
            target = target[step]
        if value is None:
            del target[last]
        else:
            target[last] = value
    return document


def announcement(
    document: dict[str, Any] | None, content: bytes, **changes: Any
) -> model_pb2.ModelAnnouncement:
    fields = {
        "manifest": json.dumps(document or manifest()),
        "size_bytes": len(content),
        "digest": hashlib.sha256(content).hexdigest(),
    }
    return model_pb2.ModelAnnouncement(**{**fields, **changes})


@dataclass(frozen=True)
class Master:
    """The stubs of a master."""

    channel: grpc.aio.Channel

    @property
    def pipelines(self) -> "pipeline_pb2_grpc.PipelineServiceAsyncStub":
        return pipeline_pb2_grpc.PipelineServiceStub(self.channel)

    @property
    def models(self) -> "model_pb2_grpc.ModelServiceAsyncStub":
        return model_pb2_grpc.ModelServiceStub(self.channel)

    @property
    def nodes(self) -> "node_pb2_grpc.NodeServiceAsyncStub":
        return node_pb2_grpc.NodeServiceStub(self.channel)

    async def listed_nodes(self) -> list[node_pb2.NodeStatus]:
        return [*(await self.nodes.ListNodes(node_pb2.ListNodesRequest())).nodes]

    async def register(
        self,
        document: dict[str, Any] | None = None,
        content: bytes | None = None,
        version: int = 0,
    ) -> model_pb2.Model:
        content = onnx_file() if content is None else content
        announced = await asyncio.to_thread(announcement, document, content, version=version)
        return (await self.submit(announced, content)).model

    async def submit(
        self, announced: model_pb2.ModelAnnouncement, content: bytes, *, until: int | None = None
    ) -> model_pb2.SubmitModelResponse:
        """Send what the master asks for of a file, up to byte `until`; returns its last answer."""
        call = self.models.SubmitModel()
        await call.write(model_pb2.SubmitModelRequest(announcement=announced))
        answer = await call.read()
        assert isinstance(answer, model_pb2.SubmitModelResponse)
        if answer.WhichOneof("part") == "received_bytes":
            for at in range(answer.received_bytes, until or len(content), MIB):
                chunk = content[at : min(at + MIB, until or len(content))]
                await call.write(model_pb2.SubmitModelRequest(chunk=chunk))
            await call.done_writing()
            answer = await call.read()
        assert isinstance(answer, model_pb2.SubmitModelResponse), "it ended without an answer"
        return answer

    async def apply(self, **changes: Any) -> pipeline_pb2.Pipeline:
        """Apply the pipeline `street`, with some fields of its specification set."""
        request = pipeline_pb2.ApplyPipelineRequest(spec=pipeline_spec(**changes))
        return (await self.pipelines.ApplyPipeline(request)).pipeline

    async def get(self, name: str = "street") -> pipeline_pb2.Pipeline:
        request = pipeline_pb2.GetPipelineRequest(name=name)
        return (await self.pipelines.GetPipeline(request)).pipeline

    async def delete(self, name: str = "street", *, discard: bool = False) -> int:
        request = pipeline_pb2.DeletePipelineRequest(name=name, discard_pending=discard)
        return (await self.pipelines.DeletePipeline(request)).discarded


def pipeline_spec(
    *,
    name: str = "street",
    stages: Sequence[dict[str, Any]] = ({"name": "people", "model": "person"},),
    workers: int | None = None,
    ledger: pipeline_pb2.Ledger | None = None,
    **buffer: int,
) -> pipeline_pb2.PipelineSpec:
    return pipeline_pb2.PipelineSpec(
        name=name,
        stages=[pipeline_pb2.Stage(**stage) for stage in stages],
        buffer=pipeline_pb2.Buffer(**{"max_bytes": 64 * MIB, **buffer}),
        workers=None if workers is None else pipeline_pb2.Workers(min=workers),
        ledger=ledger,
    )


@dataclass
class Agent:
    """An agent that is connected, and keeps what is assigned to it."""

    name: str
    call: "grpc.aio.StreamStreamCall[node_pb2.ConnectRequest, node_pb2.ConnectResponse]"
    assignments: dict[str, int] | None = None
    """Worker -> revision; None before the first response."""
    workers: list[node_pb2.Worker] = field(default_factory=list)
    agent_id: str = "one"
    labels: dict[str, str] = field(default_factory=dict)

    async def report(self) -> None:
        node = node_pb2.Node(
            name=self.name,
            cpus=4,
            memory_bytes=2**30,
            workers=self.workers,
            agent_id=self.agent_id,
            labels=self.labels,
        )
        await self.call.write(node_pb2.ConnectRequest(node=node))

    async def report_ready(self) -> None:
        """All that is assigned runs."""
        self.workers = [
            node_pb2.Worker(
                id=name, pipeline="street", state=node_pb2.WORKER_STATE_READY, revision=revision
            )
            for name, revision in (self.assignments or {}).items()
        ]
        await self.report()

    async def has(self, *names: str) -> None:
        """Wait until exactly these are assigned."""
        await self.until(lambda assignments: set(assignments) == set(names))

    async def has_count(self, count: int) -> None:
        await self.until(lambda assignments: len(assignments) == count)

    async def until(self, condition: Callable[[dict[str, int]], bool]) -> None:
        """Wait for assignments of which the condition is true."""
        async with asyncio.timeout(LOCK_TIMEOUT_SECONDS):
            while self.assignments is None or not condition(self.assignments):
                await self.read()

    async def read(self) -> None:
        """Wait for the next assignments."""
        response = await self.call.read()
        assert isinstance(response, node_pb2.ConnectResponse), "the master ended it"
        self.assignments = {assignment.id: assignment.revision for assignment in response.workers}

    def leave(self) -> None:
        self.call.cancel()


async def connect(channel: grpc.aio.Channel, name: str, **workers: int) -> Agent:
    """An agent that is connected, with workers that are ready, each with its revision."""
    call = node_pb2_grpc.NodeServiceStub(channel).Connect()
    agent = Agent(name, call)
    agent.assignments = workers
    await agent.report_ready()
    agent.assignments = None
    return agent


@pytest.fixture
async def running(nats_url: str) -> AsyncIterator[Master]:
    """A master that serves, with the model `person` in version 1."""
    async with master(nats_url) as channel:
        found = Master(channel)
        await found.register()
        yield found
