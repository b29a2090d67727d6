"""The gRPC edge of a worker."""

from typing import Any

import grpc.aio

from framemesh.api.worker.v1 import worker_pb2, worker_pb2_grpc
from framemesh.runtime.jetstream.pipeline_store import StoredPipeline
from framemesh.worker.engine.engine import Engine
from framemesh.worker.intake.dispatcher import Dispatcher

Context = grpc.aio.ServicerContext[Any, Any]


class WorkerServicer(worker_pb2_grpc.WorkerServiceServicer):
    def __init__(
        self, name: str, pipeline: StoredPipeline, engine: Engine, dispatcher: Dispatcher
    ) -> None:
        self._name = name
        self._pipeline = pipeline
        self._engine = engine
        self._dispatcher = dispatcher

    async def GetWorker(
        self, request: worker_pb2.GetWorkerRequest, context: Context
    ) -> worker_pb2.GetWorkerResponse:
        triton = self._engine.triton
        return worker_pb2.GetWorkerResponse(
            id=self._name,
            pipeline=self._pipeline.spec.name,
            revision=self._pipeline.revision,
            frames_in_progress=self._dispatcher.in_progress,
            sources=self._dispatcher.sources,
            triton=worker_pb2.Triton(
                address=triton.address,
                healthy=triton.healthy,
                restarts=triton.restarts,
                shared_memory=triton.shared_memory,
            ),
            stages=[
                worker_pb2.StageWork(
                    name=name, inputs=done.inputs, triton_seconds=done.input_seconds
                )
                for name, done in self._engine.stages.items()
            ],
        )
