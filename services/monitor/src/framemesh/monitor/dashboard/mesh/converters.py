"""The state of the mesh as messages for the page."""

from collections.abc import Iterable

from framemesh.api.master.v1 import node_pb2
from framemesh.monitor.dashboard.mesh.pipeline_converters import pipeline_message
from framemesh.monitor.dashboard.mesh.state import MeshState
from framemesh.monitor.dashboard.messages.mesh import Gpu, MeshMessage, Node, Reserved, Worker
from framemesh.monitor.dashboard.messages.pipelines import Pipeline

NODE_STATES = {
    node_pb2.NODE_STATE_READY: "ready",
    node_pb2.NODE_STATE_DRAINING: "draining",
    node_pb2.NODE_STATE_DRAINED: "drained",
    node_pb2.NODE_STATE_AWAY: "away",
}
WORKER_STATES = {
    node_pb2.WORKER_STATE_STARTING: "starting",
    node_pb2.WORKER_STATE_READY: "ready",
    node_pb2.WORKER_STATE_FAILED: "failed",
    node_pb2.WORKER_STATE_STOPPING: "stopping",
}
UNKNOWN = "unknown"


def mesh_message(state: MeshState) -> MeshMessage:
    """Of 16,384 cameras it takes milliseconds: ask in a thread."""
    return MeshMessage(
        at_ms=state.at_unix_nano / 1e6,
        pipelines=pipeline_messages(state),
        nodes=[_node(each) for each in state.nodes],
        workers=worker_messages(state),
        problems=list(state.problems),
    )


def pipeline_messages(state: MeshState) -> list[Pipeline]:
    return [pipeline_message(state, name) for name in sorted({*state.pipelines, *state.statuses})]


def worker_messages(state: MeshState) -> list[Worker]:
    return [_worker(state, each, worker) for each in state.nodes for worker in each.node.workers]


def _node(status: node_pb2.NodeStatus) -> Node:
    node, cost = status.node, status.node.cost
    return Node(
        name=node.name,
        state=NODE_STATES.get(status.state, UNKNOWN),
        cpus=node.cpus,
        cpus_used=node.cpu_used * node.cpus,
        memory_bytes=node.memory_bytes,
        memory_used_bytes=node.memory_used_bytes,
        disk_bytes=node.disk_bytes,
        disk_used_bytes=node.disk_used_bytes,
        gpus=_gpus(node.gpus),
        labels=dict(node.labels),
        price_per_hour=cost.price_per_hour if cost.HasField("price_per_hour") else None,
        watts=cost.watts if cost.HasField("watts") else None,
        reserved=Reserved(
            cpus=status.reserved.cpus,
            memory_bytes=status.reserved.memory_bytes,
            gpus=status.reserved.gpus,
        ),
    )


def _gpus(gpus: Iterable[node_pb2.Gpu]) -> list[Gpu]:
    return [
        Gpu(
            uuid=gpu.uuid,
            name=gpu.name,
            memory_bytes=gpu.memory_bytes,
            memory_used_bytes=gpu.memory_used_bytes,
            used=gpu.used,
        )
        for gpu in gpus
    ]


def _worker(state: MeshState, node: node_pb2.NodeStatus, worker: node_pb2.Worker) -> Worker:
    load, shadow = state.loads.get(worker.id), worker.role == node_pb2.WORKER_ROLE_SHADOW
    models = () if shadow else state.models.get((worker.pipeline, worker.revision), ())
    away = node.state == node_pb2.NODE_STATE_AWAY
    return Worker(
        id=worker.id,
        pipeline=worker.pipeline,
        node=node.node.name,
        state=UNKNOWN if away else WORKER_STATES.get(worker.state, UNKNOWN),
        role="shadow" if shadow else "worker",
        revision=worker.revision,
        restarts=worker.restarts,
        trouble=worker.trouble,
        pid=worker.pid,
        models=list(models),
        shards=load.sources if load else None,
        frames_in_progress=load.frames_in_progress if load else None,
        triton_healthy=load.triton.healthy if load else None,
    )
