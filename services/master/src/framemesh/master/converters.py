"""Between the messages of the master's services and its types."""

import json

from framemesh.api.master.v1 import model_pb2, node_pb2, pipeline_pb2
from framemesh.core.documents.document import read
from framemesh.core.names import check_name
from framemesh.master.errors import MalformedCall, TooManyWorkers
from framemesh.master.fleet.nodes import NodeReport, WorkerAssignment, WorkerReport
from framemesh.master.fleet.port import WorkerState
from framemesh.master.pipelines.manager import RunningPipeline
from framemesh.modeling.manifest import ModelManifest, ModelVersion
from framemesh.runtime.messages import pipeline_message

_STATE_TO_PROTO = {
    WorkerState.STARTING: node_pb2.WORKER_STATE_STARTING,
    WorkerState.READY: node_pb2.WORKER_STATE_READY,
    WorkerState.FAILED: node_pb2.WORKER_STATE_FAILED,
    WorkerState.STOPPING: node_pb2.WORKER_STATE_STOPPING,
}
_STATE_FROM_PROTO = {number: state for state, number in _STATE_TO_PROTO.items()}


MAX_WORKERS = 1000
"""In the report of one node. An agent has at most 256, and for a moment those that they replace."""

MAX_WORD = 256
"""Characters of an id, a pipeline or an address."""

MAX_TROUBLE = 1000
"""Characters of a line of trouble that are kept: a process may log lines of any length."""


def pipeline_to_proto(pipeline: RunningPipeline) -> pipeline_pb2.Pipeline:
    return pipeline_pb2.Pipeline(
        spec=pipeline_message.to_proto(pipeline.stored.spec),
        revision=pipeline.stored.revision,
        ready_workers=pipeline.ready_workers,
        current_workers=pipeline.current_workers,
        trouble=pipeline.trouble,
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


def node_from_proto(message: node_pb2.Node) -> NodeReport:
    """
    Raises:
        InvalidName: the node has no usable name.
        TooManyWorkers, MalformedCall: the report is larger than one may be.
    """
    check_name("node", message.name)
    if len(message.workers) > MAX_WORKERS:
        raise TooManyWorkers(
            f"node {message.name!r} reports {len(message.workers)} workers:"
            f" at most {MAX_WORKERS} are taken"
        )
    return NodeReport(
        name=message.name,
        cpus=message.cpus,
        memory_bytes=message.memory_bytes,
        cpu_used=message.cpu_used,
        memory_used_bytes=message.memory_used_bytes,
        workers=tuple(map(_worker_from_proto, message.workers)),
    )


def node_to_proto(node: NodeReport) -> node_pb2.Node:
    return node_pb2.Node(
        name=node.name,
        cpus=node.cpus,
        memory_bytes=node.memory_bytes,
        cpu_used=node.cpu_used,
        memory_used_bytes=node.memory_used_bytes,
        workers=map(_worker_to_proto, node.workers),
    )


def assignments_to_proto(assignments: tuple[WorkerAssignment, ...]) -> node_pb2.ConnectResponse:
    return node_pb2.ConnectResponse(
        workers=[
            node_pb2.WorkerAssignment(
                id=assignment.id, pipeline=assignment.pipeline, revision=assignment.revision
            )
            for assignment in assignments
        ]
    )


def _worker_from_proto(message: node_pb2.Worker) -> WorkerReport:
    return WorkerReport(
        id=_word(message.id),
        pipeline=_word(message.pipeline),
        # A newer agent may know a state that we do not; such a worker is not ready.
        state=_STATE_FROM_PROTO.get(message.state, WorkerState.STARTING),
        pid=message.pid,
        address=_word(message.address),
        restarts=message.restarts,
        trouble=message.trouble[:MAX_TROUBLE],
        revision=message.revision,
    )


def _word(text: str) -> str:
    if len(text) > MAX_WORD:
        raise MalformedCall(f"a worker is reported with {text[:40]!r}... of {len(text)} characters")
    return text


def _worker_to_proto(worker: WorkerReport) -> node_pb2.Worker:
    return node_pb2.Worker(
        id=worker.id,
        pipeline=worker.pipeline,
        state=_STATE_TO_PROTO[worker.state],
        pid=worker.pid,
        address=worker.address,
        restarts=worker.restarts,
        trouble=worker.trouble,
        revision=worker.revision,
    )
