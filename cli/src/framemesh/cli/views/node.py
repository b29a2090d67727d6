"""How nodes look on a terminal."""

from collections.abc import Iterator, Sequence

from rich.filesize import decimal

from framemesh.api.master.v1 import node_pb2, pipeline_pb2
from framemesh.cli.views.listing import Column, Listing
from framemesh.core.resources import Resources, memory_text

_STATES = {
    node_pb2.NODE_STATE_READY: "ready",
    node_pb2.NODE_STATE_DRAINING: "draining",
    node_pb2.NODE_STATE_DRAINED: "drained",
    node_pb2.NODE_STATE_AWAY: "away",
}
_WORKER_STATES = {
    node_pb2.WORKER_STATE_STARTING: "starting",
    node_pb2.WORKER_STATE_READY: "ready",
    node_pb2.WORKER_STATE_FAILED: "failed",
    node_pb2.WORKER_STATE_STOPPING: "stopping",
}


def table(nodes: Sequence[node_pb2.NodeStatus]) -> Listing:
    """A row for each node: what it has, and what of it is used."""
    numbers = ("workers", "CPUs", "busy", "memory", "used", "disk free", "GPUs")
    figures = (Column(title, number=True) for title in numbers)
    view = Listing([Column("node"), Column("state"), *figures, Column("labels")])
    for status in nodes:
        node = status.node
        if not node.cpus:  # away, and not seen by this master
            view.add(node.name, state(status))
            continue
        view.add(
            node.name,
            state(status),
            str(len(node.workers)),
            str(node.cpus),
            f"{node.cpu_used:.0%}",
            memory_text(node.memory_bytes),
            f"{node.memory_used_bytes / max(1, node.memory_bytes):.0%}",
            decimal(node.disk_bytes - node.disk_used_bytes),
            str(len(node.gpus)),
            _labels(node),
        )
    return view


def free_table(nodes: Sequence[node_pb2.NodeStatus]) -> Listing:
    """A row for each node that takes workers: what is not reserved; and the sum of them."""
    numbers = ("CPUs free", "memory free", "GPUs free")
    view = Listing([Column("node"), *(Column(title, number=True) for title in numbers)])
    total, total_free = Resources(), Resources()
    for status in nodes:
        if status.state != node_pb2.NODE_STATE_READY:
            view.add(f"{status.node.name} ({state(status)})")
            continue
        has, free = _capacity(status.node), _free(status)
        total, total_free = total + has, total_free + free
        view.add(status.node.name, *_figures(free, has))
    if len(nodes) > 1:
        view.add("all", *_figures(total_free, total), style="bold")
    return view


def details(status: node_pb2.NodeStatus) -> Iterator[str]:
    """What is known of one node."""
    node = status.node
    yield f"node {node.name}, {state(status)}"
    if not node.cpus:
        yield "  it has not reported to this master"
        return
    free = _free(status)
    yield f"  CPUs     {node.cpus}, {free.cpus:g} not reserved, {node.cpu_used:.0%} used"
    used = memory_text(node.memory_used_bytes)
    yield (
        f"  memory   {memory_text(node.memory_bytes)},"
        f" {memory_text(free.memory_bytes)} not reserved, {used} used"
    )
    disk_free = decimal(node.disk_bytes - node.disk_used_bytes)
    yield f"  disk     {decimal(node.disk_bytes)}, {disk_free} free"
    for gpu in node.gpus:
        yield (
            f"  GPU      {gpu.name}, {memory_text(gpu.memory_bytes)},"
            f" {memory_text(gpu.memory_used_bytes)} used, {gpu.used:.0%} busy ({gpu.uuid})"
        )
    if node.labels:
        yield f"  labels   {_labels(node)}"
    if cost := _cost(node.cost):
        yield f"  cost     {cost}"
    for worker in node.workers:
        trouble = f": {worker.trouble}" if worker.trouble else ""
        yield f"  worker   {worker.id}, {_WORKER_STATES.get(worker.state, 'unknown')}{trouble}"


def plan_lines(
    wanted: pipeline_pb2.PipelineSpec,
    plan: pipeline_pb2.PlanPipelineResponse,
    nodes: Sequence[node_pb2.NodeStatus] = (),
) -> Iterator[str]:
    """What a pipeline would take, and where its workers would go; `nodes` say what they cost."""
    costs = {each.node.name: _cost(each.node.cost) for each in nodes}
    workers = wanted.workers
    how_many = "1 worker" if workers.min == 1 else f"{workers.min} workers"
    how_many += f", up to {workers.max}" if workers.max > workers.min else ""
    needs = ", ".join(_needs(workers))
    each = f"each needs {needs}" if needs else "nothing is reserved for them"
    yield f"pipeline {wanted.name}: {how_many}; {each}"
    for node, count in sorted(plan.workers.items()):
        cost = costs.get(node)
        yield f"  {node}: {count}" + (f" (the node costs {cost})" if cost else "")
    if plan.missing:
        yield f"  {plan.missing}"
    for node, count in sorted(plan.shadow_workers.items()):
        yield f"  {node}: {count} of the shadow"
    if plan.missing_shadow:
        yield f"  shadow: {plan.missing_shadow}"
    yield f"  buffer and ledger: up to {memory_text(plan.storage_bytes)} of the broker's disk"


def state(status: node_pb2.NodeStatus) -> str:
    return _STATES.get(status.state, "unknown")


def _needs(workers: pipeline_pb2.Workers) -> Iterator[str]:
    if workers.cpus:
        yield f"{workers.cpus:g} CPUs"
    if workers.memory:
        yield f"{memory_text(workers.memory)} of memory"
    if workers.gpus:
        yield f"{workers.gpus} GPUs"
    for name, value in sorted(workers.node_labels.items()):
        yield f"{name}={value}"


def _figures(free: Resources, has: Resources) -> Iterator[str]:
    yield f"{free.cpus:g} of {has.cpus:g}"
    yield f"{memory_text(free.memory_bytes)} of {memory_text(has.memory_bytes)}"
    yield f"{free.gpus} of {has.gpus}"


def _capacity(node: node_pb2.Node) -> Resources:
    return Resources(node.cpus, node.memory_bytes, len(node.gpus))


def _free(status: node_pb2.NodeStatus) -> Resources:
    taken = status.reserved
    return _capacity(status.node) - Resources(taken.cpus, taken.memory_bytes, taken.gpus)


def _labels(node: node_pb2.Node) -> str:
    return ", ".join(f"{name}={value}" for name, value in sorted(node.labels.items()))


def _cost(cost: node_pb2.NodeCost) -> str:
    parts = []
    if cost.HasField("price_per_hour"):
        parts.append(f"{cost.price_per_hour:g} an hour")
    if cost.HasField("watts"):
        parts.append(f"{cost.watts:g} W")
    return ", ".join(parts)
