"""Between protobuf and the values of the agent."""

import re

from framemesh.agent.assignment import MachineReport, WorkerAssignment, WorkerReport
from framemesh.api.master.v1 import node_pb2
from framemesh.core.errors import Code, FramemeshError
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
    return tuple(
        WorkerAssignment(each.id, each.pipeline, each.revision) for each in response.workers
    )


def report_to_proto(
    name: str, machine: MachineReport, workers: tuple[WorkerReport, ...]
) -> node_pb2.ConnectRequest:
    node = node_pb2.Node(
        name=name,
        cpus=machine.cpus,
        memory_bytes=machine.memory_bytes,
        cpu_used=machine.cpu_used,
        memory_used_bytes=machine.memory_used_bytes,
        workers=map(_worker_to_proto, workers),
    )
    return node_pb2.ConnectRequest(node=node)


def _worker_to_proto(report: WorkerReport) -> node_pb2.Worker:
    return node_pb2.Worker(
        id=report.id,
        pipeline=report.pipeline,
        state=_STATES[report.status.state],
        pid=report.status.pid,
        revision=report.revision,
        address=report.address,
        restarts=report.status.restarts,
        trouble=report.status.trouble[:MAX_TROUBLE],
    )
