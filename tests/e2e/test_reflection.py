"""Every service supports server reflection, and can be called through it, as by grpcurl."""

import asyncio
from collections.abc import Callable

import grpc
import pytest
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from tests.e2e.mesh import Mesh

pytestmark = pytest.mark.asyncio(loop_scope="session")

CALLS = {
    "ingest": ("framemesh.api.ingest.v1.IngestService", None),
    "master": ("framemesh.api.master.v1.ModelService", "ListModels"),
    "monitor": ("framemesh.api.monitor.v1.MonitorService", "GetStatus"),
    "worker": ("framemesh.api.worker.v1.WorkerService", "GetWorker"),
}
METHODS = {
    "framemesh.api.ingest.v1.IngestService": {"Push"},
    "framemesh.api.master.v1.ModelService": {"SubmitModel", "ListModels", "DownloadModel"},
    "framemesh.api.master.v1.NodeService": {"Connect", "ListNodes"},
    "framemesh.api.master.v1.PipelineService": {
        "ApplyPipeline",
        "GetPipeline",
        "ListPipelines",
        "DeletePipeline",
        "PurgeDeadLetters",
    },
    "framemesh.api.monitor.v1.MonitorService": {"GetStatus", "WatchResults", "GetFrame"},
    "framemesh.api.monitor.v1.DeadLetterService": {"ListDeadLetters", "GetDeadLetter"},
    "framemesh.api.worker.v1.WorkerService": {"GetWorker"},
    "grpc.health.v1.Health": {"Check", "Watch", "List"},
}


def methods(address: str) -> dict[str, set[str]]:
    """The methods of a server, by reflection."""
    with grpc.insecure_channel(address) as channel:
        database = ProtoReflectionDescriptorDatabase(channel)
        pool = descriptor_pool.DescriptorPool(database)
        return {
            name: {method.name for method in pool.FindServiceByName(name).methods}
            for name in database.get_services()
        }


def call(address: str, service: str, method: str) -> dict[str, object]:
    """Call a method with an empty request, from the server's descriptors alone."""
    with grpc.insecure_channel(address) as channel:
        pool = descriptor_pool.DescriptorPool(ProtoReflectionDescriptorDatabase(channel))
        found = pool.FindServiceByName(service).FindMethodByName(method)
        request = message_factory.GetMessageClass(found.input_type)()
        response = message_factory.GetMessageClass(found.output_type)
        invoke: Callable[..., Message] = channel.unary_unary(
            f"/{service}/{method}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=response.FromString,
        )
        answer: dict[str, object] = MessageToDict(invoke(request, timeout=10))
        return answer


async def test_each_service_tells_its_methods_and_answers(mesh: Mesh) -> None:
    await mesh.apply(PipelineSpec("mirror", (StageSpec("people", "person"),)))
    nodes = await asyncio.to_thread(
        call, mesh.run.master, "framemesh.api.master.v1.NodeService", "ListNodes"
    )
    (worker,) = nodes["nodes"][0]["node"]["workers"]  # type: ignore[index]
    addresses = {
        "ingest": mesh.run.ingest,
        "master": mesh.run.master,
        "monitor": mesh.run.monitor,
        "worker": worker["address"],
    }
    for name, (service, method) in CALLS.items():
        told = await asyncio.to_thread(methods, addresses[name])
        assert service in told
        assert "grpc.health.v1.Health" in told
        for known in told.keys() & METHODS.keys():
            assert told[known] >= METHODS[known] - {"List"}
        if method:
            assert await asyncio.to_thread(call, addresses[name], service, method)
