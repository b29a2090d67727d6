"""Between the messages of the master's services and its types."""

import json

from framemesh.api.master.v1 import model_pb2, pipeline_pb2
from framemesh.core.documents.document import read
from framemesh.master.errors import MalformedCall
from framemesh.master.pipelines.manager import PipelinePlan, RunningPipeline
from framemesh.modeling.manifest import ModelManifest, ModelVersion
from framemesh.runtime.jetstream.revision_store import StoredRevision
from framemesh.runtime.messages import pipeline_message


def pipeline_to_proto(pipeline: RunningPipeline) -> pipeline_pb2.Pipeline:
    return pipeline_pb2.Pipeline(
        spec=pipeline_message.to_proto(pipeline.stored.spec),
        revision=pipeline.stored.revision,
        ready_workers=pipeline.ready_workers,
        current_workers=pipeline.current_workers,
        trouble=pipeline.trouble,
    )


def plan_to_proto(plan: PipelinePlan) -> pipeline_pb2.PlanPipelineResponse:
    return pipeline_pb2.PlanPipelineResponse(
        workers=plan.workers,
        unplaced=plan.unplaced,
        missing=plan.missing,
        storage_bytes=plan.storage_bytes,
        spec=pipeline_message.to_proto(plan.spec),
        current=None if plan.current is None else pipeline_message.to_proto(plan.current),
    )


def revision_to_proto(kept: StoredRevision, current: int) -> pipeline_pb2.Revision:
    return pipeline_pb2.Revision(
        revision=kept.revision,
        spec=pipeline_message.to_proto(kept.spec),
        applied_unix_nano=kept.applied_unix_nano,
        current=kept.revision == current,
        problem=kept.problem,
    )


def model_to_proto(model: ModelVersion) -> model_pb2.Model:
    return model_pb2.Model(
        name=model.manifest.name,
        version=model.version,
        description=model.manifest.description,
        decoder=model.manifest.decoder.name,
        size_bytes=model.size_bytes,
        digest=model.digest,
    )


def manifest_from_proto(request: model_pb2.RegisterModelRequest) -> ModelManifest:
    """
    Raises:
        MalformedCall: it holds something else.
        InvalidDocument: it is no manifest; with the field of every error.
    """
    if request.WhichOneof("part") != "manifest":
        raise MalformedCall("the first message must be the manifest")
    try:
        document = json.loads(request.manifest)
    except json.JSONDecodeError as error:
        raise MalformedCall(f"the manifest is no JSON document: {error}") from error
    return read(document, ModelManifest, "model.yaml")


def chunk_from_proto(request: model_pb2.RegisterModelRequest) -> bytes:
    """
    Raises:
        MalformedCall: it holds something else.
    """
    if request.WhichOneof("part") != "chunk":
        raise MalformedCall("after the manifest, send chunks of the file only")
    return request.chunk
