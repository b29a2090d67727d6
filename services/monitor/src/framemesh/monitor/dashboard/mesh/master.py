"""What the dashboard asks the master that leads."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import grpc
import grpc.aio

from framemesh.api.master.v1 import node_pb2, node_pb2_grpc, pipeline_pb2, pipeline_pb2_grpc
from framemesh.core.errors import Code, FramemeshError
from framemesh.core.frame import FrameId

ANSWER_SECONDS = 2.5
"""For a question. It is asked again every second, and a worker that died is to be seen within 3."""

CHANGE_SECONDS = 20.0
"""For a change: the master waits for the broker."""

PIPELINE_SERVICE = pipeline_pb2.DESCRIPTOR.services_by_name["PipelineService"].full_name
"""By whose health the master that leads is told from the others."""

T = TypeVar("T")


class MasterAway(FramemeshError):
    """No master leads, or it does not answer."""

    code = Code.UNAVAILABLE


class MasterRefused(FramemeshError):
    """The master says that it cannot be done."""

    code = Code.CONFLICT


class NotAtMaster(FramemeshError):
    """The master knows no such thing."""

    code = Code.NOT_FOUND


class MasterClient:
    """Every method raises MasterAway, and NotAtMaster or MasterRefused for what the master says."""

    def __init__(self, channel: grpc.aio.Channel, address: str) -> None:
        self._pipelines = pipeline_pb2_grpc.PipelineServiceStub(channel)
        self._nodes = node_pb2_grpc.NodeServiceStub(channel)
        self._address = address

    async def pipelines(self) -> list[pipeline_pb2.Pipeline]:
        answer = await self._call(
            self._pipelines.ListPipelines, pipeline_pb2.ListPipelinesRequest()
        )
        return list(answer.pipelines)

    async def nodes(self) -> list[node_pb2.NodeStatus]:
        answer = await self._call(self._nodes.ListNodes, node_pb2.ListNodesRequest())
        return list(answer.nodes)

    async def pipeline(self, name: str) -> pipeline_pb2.GetPipelineResponse:
        """With what happened to it in the last day."""
        request = pipeline_pb2.GetPipelineRequest(name=name)
        return await self._call(self._pipelines.GetPipeline, request)

    async def revisions(self, name: str) -> list[pipeline_pb2.Revision]:
        request = pipeline_pb2.ListRevisionsRequest(name=name)
        return list((await self._call(self._pipelines.ListRevisions, request)).revisions)

    async def shadow_report(self, name: str) -> pipeline_pb2.ShadowReport | None:
        """None: the pipeline never had a shadow."""
        request = pipeline_pb2.GetShadowReportRequest(name=name)
        try:
            return (await self._call(self._pipelines.GetShadowReport, request)).report
        except NotAtMaster:
            return None

    async def purge(self, pipeline: str, frame: FrameId) -> int:
        """Delete the dead letters of a frame; returns how many there were."""
        request = pipeline_pb2.PurgeDeadLettersRequest(
            pipeline=pipeline,
            camera=frame.camera,
            session=frame.session,
            sequence=frame.sequence,
        )
        answer = await self._call(self._pipelines.PurgeDeadLetters, request, CHANGE_SECONDS)
        return answer.purged

    async def _call(
        self, method: Callable[..., Awaitable[T]], request: object, seconds: float = ANSWER_SECONDS
    ) -> T:
        with self._named_errors():
            return await method(request, timeout=seconds)

    @contextmanager
    def _named_errors(self) -> Iterator[None]:
        try:
            yield
        except grpc.aio.AioRpcError as error:
            details = error.details() or error.code().name
            match error.code():
                case grpc.StatusCode.NOT_FOUND:
                    raise NotAtMaster(details) from error
                case grpc.StatusCode.FAILED_PRECONDITION | grpc.StatusCode.INVALID_ARGUMENT:
                    raise MasterRefused(details) from error
            raise MasterAway(
                f"no master answers at {self._address}: what it knows is as it was before"
            ) from error
