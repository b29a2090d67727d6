"""Between protobuf and the values of the agent."""

import re

from framemesh.api.master.v1 import node_pb2
from framemesh.core.errors import Code, FramemeshError
from framemesh.runtime.processes.supervision import State
from framemesh.worker.agent.report import MachineReport, WorkerOrder, WorkerReport

_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
"""What can be the name of a file: that of a pipeline and some more."""

_STATES = {
    State.STARTING: node_pb2.WORKER_STATE_STARTING,
    State.READY: node_pb2.WORKER_STATE_READY,
    State.FAILED: node_pb2.WORKER_STATE_FAILED,
    # The master has no word for it; its trouble tells what it is.
    State.STUCK: node_pb2.WORKER_STATE_FAILED,
    State.STOPPING: node_pb2.WORKER_STATE_STOPPING,
}


class OrderRefused(FramemeshError):
    """The master ordered what cannot be done."""

    code = Code.INVALID


def orders_from(response: node_pb2.AttendResponse) -> tuple[WorkerOrder, ...]:
    """The workers that should run.

    Raises:
        OrderRefused: an id could not be the name of a file.
    """
    for order in response.workers:
        if _ID.fullmatch(order.id) is None:
            raise OrderRefused(
                f"bad worker id {order.id[:80]!r}: letters, digits, '-' and '_' only"
            )
    return tuple(WorkerOrder(o.id, o.pipeline, o.revision) for o in response.workers)


def attend_request(
    name: str, machine: MachineReport, workers: tuple[WorkerReport, ...]
) -> node_pb2.AttendRequest:
    node = node_pb2.Node(
        name=name,
        cpus=machine.cpus,
        memory_bytes=machine.memory_bytes,
        cpu_used=machine.cpu_used,
        memory_used_bytes=machine.memory_used_bytes,
        workers=map(_worker, workers),
    )
    return node_pb2.AttendRequest(node=node)


def _worker(report: WorkerReport) -> node_pb2.Worker:
    return node_pb2.Worker(
        id=report.id,
        pipeline=report.pipeline,
        state=_STATES[report.condition.state],
        pid=report.condition.pid,
        address=report.address,
        restarts=report.condition.restarts,
        trouble=report.condition.trouble,
    )
