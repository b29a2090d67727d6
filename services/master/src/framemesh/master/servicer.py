"""The gRPC edge of the master."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import grpc.aio

from framemesh.api.master.v1 import (
    model_pb2,
    model_pb2_grpc,
    node_pb2,
    node_pb2_grpc,
    pipeline_pb2,
    pipeline_pb2_grpc,
)
from framemesh.core.documents.document import dump
from framemesh.core.graph.condition.parsing import load_parser
from framemesh.core.names import check_name, check_node_name
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.master.converters import (
    announcement_from_proto,
    chunk_from_proto,
    event_to_proto,
    model_to_proto,
    model_user_to_proto,
    pipeline_to_proto,
    plan_to_proto,
    promotion_to_proto,
    revision_to_proto,
)
from framemesh.master.errors import MalformedCall
from framemesh.master.fleet.node_admin import NodeAdmin
from framemesh.master.fleet.node_report import NodeReport
from framemesh.master.fleet.nodes import NodeRegistry, NodeSession
from framemesh.master.history.event_log import EventLog
from framemesh.master.models.catalog import ModelCatalog
from framemesh.master.models.promotion import ModelPromotion
from framemesh.master.models.removal import ModelRemoval
from framemesh.master.models.submission import ModelSubmission
from framemesh.master.node_converters import assignments_to_proto, node_from_proto, node_to_proto
from framemesh.master.pipelines.manager import PipelineManager
from framemesh.master.pipelines.planning import PipelinePlanner
from framemesh.master.shadow_converters import report_to_proto
from framemesh.master.shadows.report import ShadowReports
from framemesh.modeling.manifest import ModelVersion
from framemesh.runtime.concurrency.task_group import TaskGroup
from framemesh.runtime.identity.caller import caller
from framemesh.runtime.messages import dead_letter_message, pipeline_message
from framemesh.runtime.rpc.draining import raise_when_draining
from framemesh.runtime.rpc.stream_timeouts import (
    begin_answers,
    first_message,
    further_messages,
    write_message,
)

Context = grpc.aio.ServicerContext[Any, Any]


class PipelineServicer(pipeline_pb2_grpc.PipelineServiceServicer):
    def __init__(
        self,
        pipelines: PipelineManager,
        planner: PipelinePlanner,
        events: EventLog,
        shadows: ShadowReports,
    ) -> None:
        self._pipelines = pipelines
        self._planner = planner
        self._events = events
        self._shadows = shadows

    async def ApplyPipeline(
        self, request: pipeline_pb2.ApplyPipelineRequest, context: Context
    ) -> pipeline_pb2.ApplyPipelineResponse:
        applied = await self._pipelines.apply(await _specification(request.spec))
        return pipeline_pb2.ApplyPipelineResponse(
            pipeline=pipeline_to_proto(applied), notice=applied.notice
        )

    async def GetPipeline(
        self, request: pipeline_pb2.GetPipelineRequest, context: Context
    ) -> pipeline_pb2.GetPipelineResponse:
        found = await self._pipelines.get(check_name("pipeline", request.name))
        events = await self._events.of(request.name)
        return pipeline_pb2.GetPipelineResponse(
            pipeline=pipeline_to_proto(found), events=map(event_to_proto, events)
        )

    async def ListPipelines(
        self, request: pipeline_pb2.ListPipelinesRequest, context: Context
    ) -> pipeline_pb2.ListPipelinesResponse:
        sees = caller().sees_whole
        found = [each for each in await self._pipelines.list() if sees(each.stored.spec.name)]
        return pipeline_pb2.ListPipelinesResponse(pipelines=map(pipeline_to_proto, found))

    async def DeletePipeline(
        self, request: pipeline_pb2.DeletePipelineRequest, context: Context
    ) -> pipeline_pb2.DeletePipelineResponse:
        name = check_name("pipeline", request.name)
        gone = await self._pipelines.delete(name, discard_pending=request.discard_pending)
        return pipeline_pb2.DeletePipelineResponse(discarded=gone)

    async def PlanPipeline(
        self, request: pipeline_pb2.PlanPipelineRequest, context: Context
    ) -> pipeline_pb2.PlanPipelineResponse:
        return plan_to_proto(await self._planner.plan(await _specification(request.spec)))

    async def RollBackPipeline(
        self, request: pipeline_pb2.RollBackPipelineRequest, context: Context
    ) -> pipeline_pb2.RollBackPipelineResponse:
        name = check_name("pipeline", request.name)
        made = await self._pipelines.roll_back(name, request.revision)
        return pipeline_pb2.RollBackPipelineResponse(pipeline=pipeline_to_proto(made))

    async def ListRevisions(
        self, request: pipeline_pb2.ListRevisionsRequest, context: Context
    ) -> pipeline_pb2.ListRevisionsResponse:
        current, found = await self._pipelines.history(check_name("pipeline", request.name))
        revisions = (revision_to_proto(each, current.revision) for each in found)
        return pipeline_pb2.ListRevisionsResponse(revisions=revisions)

    async def GetShadowReport(
        self, request: pipeline_pb2.GetShadowReportRequest, context: Context
    ) -> pipeline_pb2.GetShadowReportResponse:
        found = await self._shadows.of(check_name("pipeline", request.name))
        return pipeline_pb2.GetShadowReportResponse(report=report_to_proto(found))

    async def EndShadow(
        self, request: pipeline_pb2.EndShadowRequest, context: Context
    ) -> pipeline_pb2.EndShadowResponse:
        report = await self._shadows.of(check_name("pipeline", request.name))
        await self._pipelines.end_shadow(request.name)
        return pipeline_pb2.EndShadowResponse(report=report_to_proto(report))

    async def PurgeDeadLetters(
        self, request: pipeline_pb2.PurgeDeadLettersRequest, context: Context
    ) -> pipeline_pb2.PurgeDeadLettersResponse:
        subject = dead_letter_message.selected(
            request.pipeline, request.camera, request.session, request.sequence
        )
        purged = await self._pipelines.purge_dead_letters(request.pipeline, subject)
        return pipeline_pb2.PurgeDeadLettersResponse(purged=purged)


class ModelServicer(model_pb2_grpc.ModelServiceServicer):
    def __init__(
        self,
        models: ModelCatalog,
        submission: ModelSubmission,
        promotion: ModelPromotion,
        removal: ModelRemoval,
    ) -> None:
        self._models = models
        self._submission = submission
        self._promotion = promotion
        self._removal = removal

    async def SubmitModel(  # type: ignore[override]
        self, request_iterator: AsyncIterator[model_pb2.SubmitModelRequest], context: Context
    ) -> None:
        first = await first_message(request_iterator, model_pb2.SubmitModelRequest())
        announced = announcement_from_proto(first)
        await begin_answers(context)
        chunks = (chunk_from_proto(request) async for request in further_messages(request_iterator))

        async def resume_at(received: int) -> None:
            await write_message(context, model_pb2.SubmitModelResponse(received_bytes=received))

        model = await self._to_proto(await self._submission.submit(announced, chunks, resume_at))
        await write_message(context, model_pb2.SubmitModelResponse(model=model))

    async def ListModels(
        self, request: model_pb2.ListModelsRequest, context: Context
    ) -> model_pb2.ListModelsResponse:
        found = await self._models.list()
        names = {model.manifest.name for model in found}
        current = {name: await self._models.current(name) for name in names}
        models = (model_to_proto(model, current[model.manifest.name]) for model in found)
        return model_pb2.ListModelsResponse(models=models)

    async def GetModel(
        self, request: model_pb2.GetModelRequest, context: Context
    ) -> model_pb2.GetModelResponse:
        model = await self._models.find(request.name, request.version)
        return model_pb2.GetModelResponse(
            model=await self._to_proto(model),
            manifest=json.dumps(dump(model.manifest)),
            users=map(model_user_to_proto, await self._removal.users(request.name)),
            previous_version=(await self._models.promotions.get(request.name)).previous,
        )

    async def PromoteModel(
        self, request: model_pb2.PromoteModelRequest, context: Context
    ) -> model_pb2.PromoteModelResponse:
        if not request.version:
            raise MalformedCall("name the version that is to be promoted")
        promoted = await self._promotion.promote(check_name("model", request.name), request.version)
        return model_pb2.PromoteModelResponse(promotion=promotion_to_proto(promoted))

    async def RollBackModel(
        self, request: model_pb2.RollBackModelRequest, context: Context
    ) -> model_pb2.RollBackModelResponse:
        promoted = await self._promotion.roll_back(check_name("model", request.name))
        return model_pb2.RollBackModelResponse(promotion=promotion_to_proto(promoted))

    async def DeleteModel(
        self, request: model_pb2.DeleteModelRequest, context: Context
    ) -> model_pb2.DeleteModelResponse:
        if not request.version:
            raise MalformedCall("name the version that is to be deleted")
        deleted = await self._removal.delete(check_name("model", request.name), request.version)
        return model_pb2.DeleteModelResponse(model=await self._to_proto(deleted))

    async def DownloadModel(  # type: ignore[override]
        self, request: model_pb2.DownloadModelRequest, context: Context
    ) -> None:
        model = await self._models.find(request.name, request.version)
        announced = model_pb2.DownloadModelResponse(model=await self._to_proto(model))
        await begin_answers(context)
        await write_message(context, announced)
        async with aclosing(self._models.content(model, request.worker)) as chunks:
            async for chunk in chunks:
                await write_message(context, model_pb2.DownloadModelResponse(chunk=chunk))

    async def _to_proto(self, model: ModelVersion) -> model_pb2.Model:
        return model_to_proto(model, await self._models.current(model.manifest.name))


class NodeServicer(node_pb2_grpc.NodeServiceServicer):
    def __init__(self, nodes: NodeRegistry, admin: NodeAdmin, draining: asyncio.Event) -> None:
        """`draining` is set when the master leads no more: its agents connect to its successor."""
        self._nodes = nodes
        self._admin = admin
        self._draining = draining

    async def Connect(  # type: ignore[override]
        self, request_iterator: AsyncIterator[node_pb2.ConnectRequest], context: Context
    ) -> None:
        opening = await first_message(request_iterator, node_pb2.ConnectRequest())
        first = node_from_proto(opening.node)
        await begin_answers(context)
        with self._nodes.connected(first) as session:
            async with TaskGroup() as tasks:
                until_the_end = [
                    tasks.create_task(_send_assignments(session, context)),
                    tasks.create_task(raise_when_draining(self._draining)),
                ]
                # A node that is silent is lost after a while, and heard again when it speaks.
                async for request in further_messages(request_iterator, seconds=None):
                    session.report = _same_node(node_from_proto(request.node), first.name)
                for task in until_the_end:
                    task.cancel()

    async def ListNodes(
        self, request: node_pb2.ListNodesRequest, context: Context
    ) -> node_pb2.ListNodesResponse:
        return node_pb2.ListNodesResponse(nodes=map(node_to_proto, await self._admin.list()))

    async def DrainNode(
        self, request: node_pb2.DrainNodeRequest, context: Context
    ) -> node_pb2.DrainNodeResponse:
        await self._admin.drain(check_node_name(request.name))
        return node_pb2.DrainNodeResponse()

    async def UncordonNode(
        self, request: node_pb2.UncordonNodeRequest, context: Context
    ) -> node_pb2.UncordonNodeResponse:
        await self._admin.uncordon(check_node_name(request.name))
        return node_pb2.UncordonNodeResponse()


async def _send_assignments(session: NodeSession, context: Context) -> None:
    while True:
        await context.write(assignments_to_proto(await session.next_assignments()))


def _same_node(report: NodeReport, name: str) -> NodeReport:
    if report.name != name:
        raise MalformedCall(f"node {name!r} reports as {report.name!r}: connect once for each node")
    return report


async def _specification(message: pipeline_pb2.PipelineSpec) -> PipelineSpec:
    """What a client wants.

    Raises:
        InvalidDocument: names the fields that are wrong.
    """
    if any(stage.when for stage in message.stages):
        await asyncio.to_thread(load_parser)
    return pipeline_message.from_proto(message)
