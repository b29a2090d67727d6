"""Between protobuf and the values of the agent."""

from framemesh.api.master.v1 import node_pb2
from framemesh.core.names import check_name
from framemesh.runtime.supervision import State
from framemesh.worker.agent.report import MachineReport, WorkerOrder, WorkerReport

_STATES = {
    State.STARTING: node_pb2.WORKER_STATE_STARTING,
    State.READY: node_pb2.WORKER_STATE_READY,
    State.FAILED: node_pb2.WORKER_STATE_FAILED,
    State.STOPPING: node_pb2.WORKER_STATE_STOPPING,
}


def orders_from(response: node_pb2.AttendResponse) -> tuple[WorkerOrder, ...]:
    """
    Raises:
        InvalidName: an id is no name; it would become a file's.
    """
    return tuple(
        WorkerOrder(check_name("worker", order.id), order.pipeline, order.revision)
        for order in response.workers
    )


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
