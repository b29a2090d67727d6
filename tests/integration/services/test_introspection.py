"""What every server tells of itself, to whoever has no stubs of ours: as grpcurl asks."""

import asyncio
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from grpc_channelz.v1 import channelz_pb2, channelz_pb2_grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

from framemesh.runtime.processes.ports import free_block
from framemesh.runtime.rpc.channel import channel as channel_to
from framemesh.runtime.rpc.server import Service, grpc_server
from tests.integration.services.running import ingest, master, monitor

COMMON = {
    "grpc.channelz.v1.Channelz",
    "grpc.health.v1.Health",
    "grpc.reflection.v1alpha.ServerReflection",
}
METHODS = {
    "ingest": {"framemesh.api.ingest.v1.IngestService": {"Push"}},
    "master": {
        "framemesh.api.master.v1.PipelineService": {
            "ApplyPipeline",
            "GetPipeline",
            "ListPipelines",
            "DeletePipeline",
            "RollBackPipeline",
            "GetShadowReport",
            "EndShadow",
            "ListRevisions",
            "PlanPipeline",
            "PurgeDeadLetters",
        },
        "framemesh.api.master.v1.ModelService": {
            "SubmitModel",
            "ListModels",
            "GetModel",
            "PromoteModel",
            "RollBackModel",
            "DeleteModel",
            "DownloadModel",
        },
        "framemesh.api.master.v1.NodeService": {
            "Connect",
            "ListNodes",
            "DrainNode",
            "UncordonNode",
        },
        "framemesh.api.master.v1.SinkService": {"AddSink", "ListSinks", "GetSink", "RemoveSink"},
        "framemesh.api.master.v1.TokenService": {"RevokeToken", "ListRevokedTokens"},
    },
    "monitor": {
        "framemesh.api.monitor.v1.MonitorService": {"GetStatus", "WatchResults", "GetFrame"},
        "framemesh.api.monitor.v1.DeadLetterService": {"ListDeadLetters", "GetDeadLetter"},
    },
}


def listed(address: str) -> tuple[set[str], dict[str, set[str]]]:
    """All services, and the methods of those that are ours."""
    with grpc.insecure_channel(address) as to:
        database = ProtoReflectionDescriptorDatabase(to)
        pool = DescriptorPool(database)
        names = set(database.get_services())
        services = {name: pool.FindServiceByName(name) for name in names - COMMON}
        methods = {name: {each.name for each in found.methods} for name, found in services.items()}
        return names, methods


def ask_without_stubs(address: str) -> tuple[Any, grpc.StatusCode]:
    """What ListPipelines answers, and what GetPipeline does for an unknown name."""
    with grpc.insecure_channel(address) as to:
        pool = DescriptorPool(ProtoReflectionDescriptorDatabase(to))
        answer = call(to, pool, "ListPipelines")
        with pytest.raises(grpc.RpcError) as refused:
            call(to, pool, "GetPipeline", name="street")
        status: grpc.StatusCode = refused.value.code()
        return answer, status


def call(to: grpc.Channel, pool: DescriptorPool, method: str, **fields: str) -> Any:
    """One call of PipelineService, made of descriptors alone."""
    service = "framemesh.api.master.v1.PipelineService"
    found = pool.FindServiceByName(service).FindMethodByName(method)
    request = GetMessageClass(found.input_type)
    made: Any = to.unary_unary(
        f"/{service}/{method}",
        request_serializer=request.SerializeToString,
        response_deserializer=GetMessageClass(found.output_type).FromString,
    )
    return made(request(**fields), timeout=10)


RUNNING = {"ingest": ingest, "master": master, "monitor": monitor}


@pytest.mark.parametrize("service", METHODS)
async def test_services_and_methods_can_be_listed(service: str, nats_url: str) -> None:
    address = f"127.0.0.1:{free_block(1)}"
    async with RUNNING[service](nats_url, address) as to:
        names, methods = await asyncio.to_thread(listed, address)
        servers = await channelz_pb2_grpc.ChannelzStub(to).GetServers(
            channelz_pb2.GetServersRequest()
        )
    assert names == set(METHODS[service]) | COMMON
    assert methods == METHODS[service]
    assert sum(server.data.calls_started for server in servers.server) > 0


async def test_a_call_can_be_made_from_descriptors_alone(nats_url: str) -> None:
    address = f"127.0.0.1:{free_block(1)}"
    async with master(nats_url, address):
        answer, refusal = await asyncio.to_thread(ask_without_stubs, address)
    assert answer.DESCRIPTOR.full_name == "framemesh.api.master.v1.ListPipelinesResponse"
    assert not answer.pipelines
    assert refusal is grpc.StatusCode.NOT_FOUND


async def test_health_follows_what_the_service_says_of_itself() -> None:
    states = health_pb2.HealthCheckResponse
    address = f"127.0.0.1:{free_block(1)}"
    service = Service("framemesh.test.Nothing", lambda to: None)

    async def answer(stub: health_pb2_grpc.HealthStub, name: str) -> int:
        return int((await stub.Check(health_pb2.HealthCheckRequest(service=name))).status)

    async with channel_to(address) as to, grpc_server(address, [service]) as server:
        stub = health_pb2_grpc.HealthStub(to)
        for serving, state in (
            (None, states.NOT_SERVING),
            (True, states.SERVING),
            (False, states.NOT_SERVING),
        ):
            if serving is not None:
                await server.set_serving(serving)
            assert [await answer(stub, name) for name in ("", service.name)] == [state, state]
