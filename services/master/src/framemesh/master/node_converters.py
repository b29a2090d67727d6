"""Between the messages about nodes and the master's values."""

import math
from collections.abc import Mapping

from framemesh.api.master.v1 import node_pb2
from framemesh.core.names import check_node_name
from framemesh.core.resources import Resources
from framemesh.core.worker_role import WorkerRole
from framemesh.master.errors import MalformedCall, TooManyWorkers
from framemesh.master.fleet.node_admin import NodeState, NodeStatus
from framemesh.master.fleet.node_report import (
    Assignments,
    Gpu,
    NodeReport,
    WorkerAssignment,
    WorkerReport,
)
from framemesh.master.fleet.port import WorkerState

MAX_WORKERS = 1000
"""In the report of one node. An agent has at most 256, and for a moment those that they replace."""

MAX_GPUS = 64
MAX_LABELS = 64

MAX_WORD = 256
"""Characters of an id, a pipeline, an address or a label."""

MAX_TROUBLE = 1000
"""Characters of a line of trouble that are kept: a process may log lines of any length."""

_STATE_TO_PROTO = {
    WorkerState.STARTING: node_pb2.WORKER_STATE_STARTING,
    WorkerState.READY: node_pb2.WORKER_STATE_READY,
    WorkerState.FAILED: node_pb2.WORKER_STATE_FAILED,
    WorkerState.STOPPING: node_pb2.WORKER_STATE_STOPPING,
}
_STATE_FROM_PROTO = {number: state for state, number in _STATE_TO_PROTO.items()}

_ROLE_TO_PROTO = {
    WorkerRole.WORKER: node_pb2.WORKER_ROLE_WORKER,
    WorkerRole.SHADOW: node_pb2.WORKER_ROLE_SHADOW,
}
_ROLE_FROM_PROTO = {number: role for role, number in _ROLE_TO_PROTO.items()}

_NODE_STATE_TO_PROTO = {
    NodeState.READY: node_pb2.NODE_STATE_READY,
    NodeState.DRAINING: node_pb2.NODE_STATE_DRAINING,
    NodeState.DRAINED: node_pb2.NODE_STATE_DRAINED,
    NodeState.AWAY: node_pb2.NODE_STATE_AWAY,
}


def node_from_proto(message: node_pb2.Node) -> NodeReport:
    """
    Raises:
        InvalidName: the node has no usable name.
        TooManyWorkers, MalformedCall: the report is larger than one may be, or has no sense.
    """
    check_node_name(message.name)
    if len(message.workers) > MAX_WORKERS:
        raise TooManyWorkers(
            f"node {message.name!r} reports {len(message.workers)} workers:"
            f" at most {MAX_WORKERS} are taken"
        )
    if len(message.gpus) > MAX_GPUS:
        raise MalformedCall(f"node {message.name!r} reports {len(message.gpus)} GPUs")
    cost = message.cost
    return NodeReport(
        name=message.name,
        cpus=message.cpus,
        memory_bytes=message.memory_bytes,
        cpu_used=message.cpu_used,
        memory_used_bytes=message.memory_used_bytes,
        workers=tuple(map(_worker_from_proto, message.workers)),
        disk_bytes=message.disk_bytes,
        disk_used_bytes=message.disk_used_bytes,
        gpus=tuple(map(_gpu_from_proto, message.gpus)),
        labels=_labels(message.labels),
        price_per_hour=_finite(cost.price_per_hour) if cost.HasField("price_per_hour") else None,
        watts=_finite(cost.watts) if cost.HasField("watts") else None,
        agent_id=_word(message.agent_id),
    )


def node_to_proto(status: NodeStatus) -> node_pb2.NodeStatus:
    node = status.report
    return node_pb2.NodeStatus(
        node=node_pb2.Node(
            name=node.name,
            cpus=node.cpus,
            memory_bytes=node.memory_bytes,
            cpu_used=node.cpu_used,
            memory_used_bytes=node.memory_used_bytes,
            workers=map(_worker_to_proto, node.workers),
            disk_bytes=node.disk_bytes,
            disk_used_bytes=node.disk_used_bytes,
            gpus=map(_gpu_to_proto, node.gpus),
            labels=node.labels,
            cost=node_pb2.NodeCost(price_per_hour=node.price_per_hour, watts=node.watts),
            agent_id=node.agent_id,
        ),
        state=_NODE_STATE_TO_PROTO[status.state],
        reserved=_resources_to_proto(status.reserved),
    )


def assignments_to_proto(assignments: Assignments) -> node_pb2.ConnectResponse:
    return node_pb2.ConnectResponse(
        epoch=assignments.epoch,
        workers=[
            node_pb2.WorkerAssignment(
                id=assignment.id,
                pipeline=assignment.pipeline,
                revision=assignment.revision,
                resources=_resources_to_proto(assignment.resources),
                gpus=assignment.gpus,
                role=_ROLE_TO_PROTO[assignment.role],
            )
            for assignment in assignments.workers
        ],
    )


def _worker_from_proto(message: node_pb2.Worker) -> WorkerReport:
    reserved = message.resources
    assignment = WorkerAssignment(
        id=_word(message.id),
        pipeline=_word(message.pipeline),
        revision=message.revision,
        resources=Resources(_finite(reserved.cpus), reserved.memory_bytes, reserved.gpus),
        gpus=tuple(map(_word, message.gpus[:MAX_GPUS])),
        # One that says nothing of it is of an agent that knows no other.
        role=_ROLE_FROM_PROTO.get(message.role, WorkerRole.WORKER),
    )
    return WorkerReport(
        assignment=assignment,
        # A newer agent may know a state that we do not; such a worker is not ready.
        state=_STATE_FROM_PROTO.get(message.state, WorkerState.STARTING),
        pid=message.pid,
        address=_word(message.address),
        restarts=message.restarts,
        trouble=message.trouble[:MAX_TROUBLE],
    )


def _worker_to_proto(worker: WorkerReport) -> node_pb2.Worker:
    assignment = worker.assignment
    return node_pb2.Worker(
        id=assignment.id,
        pipeline=assignment.pipeline,
        state=_STATE_TO_PROTO[worker.state],
        pid=worker.pid,
        address=worker.address,
        restarts=worker.restarts,
        trouble=worker.trouble,
        revision=assignment.revision,
        resources=_resources_to_proto(assignment.resources),
        gpus=assignment.gpus,
        role=_ROLE_TO_PROTO[assignment.role],
    )


def _gpu_from_proto(message: node_pb2.Gpu) -> Gpu:
    return Gpu(
        uuid=_word(message.uuid),
        name=_word(message.name),
        memory_bytes=message.memory_bytes,
        memory_used_bytes=message.memory_used_bytes,
        used=message.used,
    )


def _gpu_to_proto(gpu: Gpu) -> node_pb2.Gpu:
    return node_pb2.Gpu(
        uuid=gpu.uuid,
        name=gpu.name,
        memory_bytes=gpu.memory_bytes,
        memory_used_bytes=gpu.memory_used_bytes,
        used=gpu.used,
    )


def _resources_to_proto(resources: Resources) -> node_pb2.Resources:
    return node_pb2.Resources(
        cpus=resources.cpus, memory_bytes=resources.memory_bytes, gpus=resources.gpus
    )


def _labels(labels: Mapping[str, str]) -> dict[str, str]:
    if len(labels) > MAX_LABELS:
        raise MalformedCall(f"a node is reported with {len(labels)} labels: at most {MAX_LABELS}")
    return {_word(name): _word(value) for name, value in sorted(labels.items())}


def _finite(value: float) -> float:
    if not math.isfinite(value) or value < 0:
        raise MalformedCall(f"a node is reported with the figure {value}")
    return value


def _word(text: str) -> str:
    if len(text) > MAX_WORD:
        raise MalformedCall(f"a node is reported with {text[:40]!r}... of {len(text)} characters")
    return text
