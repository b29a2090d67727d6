"""What the leading master says of a pipeline."""

from framemesh.api.master.v1 import pipeline_pb2, pipeline_pb2_grpc
from framemesh.cli.common.calls import MASTER
from framemesh.runtime.rpc.channel import leader_channel
from tests.swarm.lab import stack, workers
from tests.swarm.lab.mesh import mesh

ANSWER_SECONDS = 5.0


async def pipeline(name: str) -> pipeline_pb2.Pipeline:
    async with leader_channel(mesh().run.master, MASTER) as channel:
        stub = pipeline_pb2_grpc.PipelineServiceStub(channel)
        ask = pipeline_pb2.GetPipelineRequest(name=name)
        return (await stub.GetPipeline(ask, timeout=ANSWER_SECONDS)).pipeline


async def images(name: str) -> set[str]:
    """Those of its workers, by digest."""
    return {await stack.image(service) for service in await workers.services(name)}
