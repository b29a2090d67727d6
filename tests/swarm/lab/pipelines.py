"""What the leading master says of a pipeline."""

import grpc
import grpc.aio

from framemesh.api.master.v1 import pipeline_pb2, pipeline_pb2_grpc
from framemesh.cli.common.calls import MASTER
from framemesh.runtime.rpc.channel import leader_channel
from tests.swarm.lab import stack, workers
from tests.swarm.lab.mesh import mesh
from tests.waiting import eventually

ANSWER_SECONDS = 5.0

LEADS_SECONDS = 15.0
"""Until a master leads again, on nodes that share two CPUs."""


async def pipeline(name: str) -> pipeline_pb2.Pipeline:
    """Waits where no master leads."""
    async with leader_channel(mesh().run.master, MASTER) as channel:
        stub = pipeline_pb2_grpc.PipelineServiceStub(channel)

        async def ask() -> pipeline_pb2.Pipeline | None:
            try:
                request = pipeline_pb2.GetPipelineRequest(name=name)
                return (await stub.GetPipeline(request, timeout=ANSWER_SECONDS)).pipeline
            except grpc.aio.AioRpcError as error:
                if error.code() is grpc.StatusCode.UNAVAILABLE:
                    return None
                raise

        found: pipeline_pb2.Pipeline | None = await eventually(
            ask, LEADS_SECONDS, until=lambda it: it is not None
        )
        assert found is not None
        return found


async def images(name: str) -> set[str]:
    """Those of its workers, by digest."""
    return {await stack.image(service) for service in await workers.services(name)}
