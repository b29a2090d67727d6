"""What an agent measures: its workers, and its node."""

from collections import Counter
from collections.abc import Callable

from framemesh.agent.assignment import WorkerReport
from framemesh.agent.machine.figures import MachineFigures
from framemesh.core.metrics.mesh import AGENT_WORKERS, NODE_CPUS, NODE_DISK, NODE_MEMORY
from framemesh.runtime.metrics.meter import Meter, Readings


def measure_node(
    meter: Meter,
    workers: Callable[[], tuple[WorkerReport, ...]],
    figures: Callable[[], MachineFigures],
) -> None:
    """Both are asked while somebody reads the metrics."""

    def states() -> Readings:
        return Counter((each.assignment.pipeline, each.status.state.value) for each in workers())

    def cpus() -> Readings:
        now = figures()
        return {("total",): now.cpus, ("used",): now.cpus * now.cpu_used}

    def memory() -> Readings:
        now = figures()
        return {("total",): now.memory_bytes, ("used",): now.memory_used_bytes}

    def disk() -> Readings:
        now = figures()
        return {("total",): now.disk_bytes, ("used",): now.disk_used_bytes}

    meter.observe(AGENT_WORKERS, states)
    meter.observe(NODE_CPUS, cpus)
    meter.observe(NODE_MEMORY, memory)
    meter.observe(NODE_DISK, disk)
