"""A running mesh as a test sees it: through its public gRPC services alone."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import grpc.aio

from framemesh.api.common.v1 import outcome_pb2
from framemesh.api.master.v1 import pipeline_pb2, pipeline_pb2_grpc, sink_pb2, sink_pb2_grpc
from framemesh.api.monitor.v1 import monitor_pb2, monitor_pb2_grpc
from framemesh.cli.commands import model_submission
from framemesh.cli.common.calls import MASTER
from framemesh.cli.local.run_state import RunState
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.runtime.messages import pipeline_message
from framemesh.runtime.rpc.channel import leader_channel
from framemesh.sdk import AsyncCamera
from tests.waiting import eventually

ROOT = Path(__file__).resolve().parents[2]
APPLY_SECONDS = 10
READY_SECONDS = 60
DONE_SECONDS = 90


@dataclass(frozen=True, slots=True)
class Mesh:
    run: RunState

    async def add_model(self, folder: Path) -> None:
        await asyncio.to_thread(model_submission.submit, folder, master=self.run.master)

    async def apply(self, spec: PipelineSpec) -> None:
        """Apply a pipeline, and wait until a worker of it is ready, of whichever revision."""
        await self.submit(spec)
        async with leader_channel(self.run.master, MASTER) as channel:
            stub = pipeline_pb2_grpc.PipelineServiceStub(channel)
            ask = pipeline_pb2.GetPipelineRequest(name=spec.name)
            await eventually(
                lambda: stub.GetPipeline(ask),
                READY_SECONDS,
                until=lambda answer: answer.pipeline.ready_workers > 0,
            )

    async def submit(self, spec: PipelineSpec) -> None:
        """Apply a pipeline without waiting for its workers."""
        request = pipeline_pb2.ApplyPipelineRequest(spec=pipeline_message.to_proto(spec))
        async with leader_channel(self.run.master, MASTER) as channel:
            stub = pipeline_pb2_grpc.PipelineServiceStub(channel)
            await stub.ApplyPipeline(request, timeout=APPLY_SECONDS)

    async def add_sink(self, pipeline: str, folder: Path) -> None:
        """Have the results of a pipeline written to a folder as JSON lines, from now on."""
        kind = sink_pb2.SINK_KIND_JSONL
        spec = sink_pb2.SinkSpec(name=pipeline, pipeline=pipeline, kind=kind, target=str(folder))
        async with leader_channel(self.run.master, MASTER) as channel:
            stub = sink_pb2_grpc.SinkServiceStub(channel)
            await stub.AddSink(sink_pb2.AddSinkRequest(spec=spec), timeout=APPLY_SECONDS)

    async def pipeline(self, name: str) -> pipeline_pb2.Pipeline:
        request = pipeline_pb2.GetPipelineRequest(name=name)
        async with leader_channel(self.run.master, MASTER) as channel:
            stub = pipeline_pb2_grpc.PipelineServiceStub(channel)
            return (await stub.GetPipeline(request, timeout=APPLY_SECONDS)).pipeline

    async def watched(self, pipeline: str, images: list[bytes]) -> list[outcome_pb2.Outcome]:
        """The outcomes of frames, seen by one who watches while they come."""
        found = []
        async with grpc.aio.insecure_channel(self.run.monitor) as channel:
            request = monitor_pb2.WatchResultsRequest(pipeline=pipeline)
            results = monitor_pb2_grpc.MonitorServiceStub(channel).WatchResults(request)
            await results.initial_metadata()
            await self.push(pipeline, "door", images)
            async with asyncio.timeout(DONE_SECONDS):
                async for result in results:
                    found.append(result.outcome)
                    if len(found) == len(images):
                        return found
        raise AssertionError("the results ended")

    async def delete(self, pipeline: str) -> None:
        """Delete a pipeline with its buffer and ledger."""
        request = pipeline_pb2.DeletePipelineRequest(name=pipeline, discard_pending=True)
        async with leader_channel(self.run.master, MASTER) as channel:
            stub = pipeline_pb2_grpc.PipelineServiceStub(channel)
            await stub.DeletePipeline(request, timeout=APPLY_SECONDS)

    async def delete_all(self) -> None:
        """Delete all pipelines."""
        async with leader_channel(self.run.master, MASTER) as channel:
            stub = pipeline_pb2_grpc.PipelineServiceStub(channel)
            ask = pipeline_pb2.ListPipelinesRequest()
            there = await stub.ListPipelines(ask, timeout=APPLY_SECONDS)
        for pipeline in there.pipelines:
            await self.delete(pipeline.spec.name)

    async def push(self, pipeline: str, camera: str, images: Sequence[bytes]) -> AsyncCamera:
        """Push as fast as possible, and wait for the last acknowledgement."""
        async with AsyncCamera(self.run.ingest, pipeline=pipeline, name=camera) as sender:
            for image in images:
                await sender.send(image)
        return sender

    async def outcomes(self, pipeline: str, count: int) -> list[outcome_pb2.Outcome]:
        """The first `count` outcomes of a pipeline, in the order in which they were stored."""
        request = monitor_pb2.WatchResultsRequest(pipeline=pipeline, from_start=True)
        found: list[outcome_pb2.Outcome] = []
        async with (
            asyncio.timeout(DONE_SECONDS),
            grpc.aio.insecure_channel(self.run.monitor) as channel,
        ):
            async for result in monitor_pb2_grpc.MonitorServiceStub(channel).WatchResults(request):
                found.append(result.outcome)
                if len(found) == count:
                    break
        return found

    async def status(self, pipeline: str) -> monitor_pb2.PipelineStatus:
        request = monitor_pb2.GetStatusRequest(pipeline=pipeline)
        async with grpc.aio.insecure_channel(self.run.monitor) as channel:
            answer = await monitor_pb2_grpc.MonitorServiceStub(channel).GetStatus(request)
        return answer.pipelines[0]
