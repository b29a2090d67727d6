"""Between protobuf and the values of the agent."""

import re

from framemesh.agent.assignment import WorkerAssignment, WorkerReport
from framemesh.agent.machine.figures import Gpu, MachineFigures, NodeIdentity
from framemesh.api.master.v1 import node_pb2
from framemesh.core.errors import Code, FramemeshError
from framemesh.core.resources import Resources
from framemesh.core.worker_role import WorkerRole
from framemesh.runtime.processes.supervision import State

_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
"""What can be the name of a file: the name of a pipeline, and what the master adds to it."""

MAX_TROUBLE = 1000
"""Characters of a line of trouble that are reported: a worker may log lines of any length."""

_STATES = {
    State.STARTING: node_pb2.WORKER_STATE_STARTING,
    State.READY: node_pb2.WORKER_STATE_READY,
    State.FAILED: node_pb2.WORKER_STATE_FAILED,
    # The master has no state for it; the trouble tells what it is.
    State.STUCK: node_pb2.WORKER_STATE_FAILED,
    State.STOPPING: node_pb2.WORKER_STATE_STOPPING,
}

_ROLES_TO_PROTO = {
    WorkerRole.WORKER: node_pb2.WORKER_ROLE_WORKER,
    WorkerRole.SHADOW: node_pb2.WORKER_ROLE_SHADOW,
}
_ROLES_FROM_PROTO = {number: role for role, number in _ROLES_TO_PROTO.items()}


class AssignmentRejected(FramemeshError):
    """The master assigned what cannot be run."""

    code = Code.INVALID


def assignments_from_proto(response: node_pb2.ConnectResponse) -> tuple[WorkerAssignment, ...]:
    """The workers that should run.

    Raises:
        AssignmentRejected: an id could not be the name of a file.
    """
    for assignment in response.workers:
        if _ID.fullmatch(assignment.id) is None:
            raise AssignmentRejected(
                f"bad worker id {assignment.id[:80]!r}: letters, digits, '-' and '_' only"
            )
    return tuple(map(_assignment, response.workers))


def report_to_proto(
    identity: NodeIdentity, machine: MachineFigures, workers: tuple[WorkerReport, ...]
) -> node_pb2.ConnectRequest:
    node = node_pb2.Node(
        name=identity.name,
        agent_id=identity.agent_id,
        labels=identity.labels,
        cost=node_pb2.NodeCost(
            price_per_hour=identity.price_per_hour,
            watts=identity.watts,
        ),
        cpus=machine.cpus,
        memory_bytes=machine.memory_bytes,
        cpu_used=machine.cpu_used,
        memory_used_bytes=machine.memory_used_bytes,
        disk_bytes=machine.disk_bytes,
        disk_used_bytes=machine.disk_used_bytes,
        gpus=map(_gpu_to_proto, machine.gpus),
        workers=map(_worker_to_proto, workers),
    )
    return node_pb2.ConnectRequest(node=node)


def _assignment(message: node_pb2.WorkerAssignment) -> WorkerAssignment:
    return WorkerAssignment(
        id=message.id,
        pipeline=message.pipeline,
        revision=message.revision,
        resources=Resources(
            message.resources.cpus, message.resources.memory_bytes, message.resources.gpus
        ),
        gpus=tuple(message.gpus),
        role=_ROLES_FROM_PROTO.get(message.role, WorkerRole.WORKER),
    )


def _gpu_to_proto(gpu: Gpu) -> node_pb2.Gpu:
    return node_pb2.Gpu(
        uuid=gpu.uuid,
        name=gpu.name,
        memory_bytes=gpu.memory_bytes,
        memory_used_bytes=gpu.memory_used_bytes,
        used=gpu.used,
    )


def _worker_to_proto(report: WorkerReport) -> node_pb2.Worker:
    assignment = report.assignment
    resources = assignment.resources
    return node_pb2.Worker(
        id=assignment.id,
        pipeline=assignment.pipeline,
        state=_STATES[report.status.state],
        pid=report.status.pid,
        revision=assignment.revision,
        resources=node_pb2.Resources(
            cpus=resources.cpus, memory_bytes=resources.memory_bytes, gpus=resources.gpus
        ),
        gpus=assignment.gpus,
        role=_ROLES_TO_PROTO[assignment.role],
        address=report.address,
        restarts=report.status.restarts,
        trouble=report.status.trouble[:MAX_TROUBLE],
    )
