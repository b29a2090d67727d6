"""The state of the whole mesh, sent at most once a second."""

from typing import Literal

from framemesh.monitor.dashboard.messages.base import Message
from framemesh.monitor.dashboard.messages.pipelines import Pipeline


class Gpu(Message):
    """One GPU of a node."""

    uuid: str
    name: str
    memory_bytes: int
    memory_used_bytes: int
    used: float
    """0 to 1."""


class Reserved(Message):
    """What all workers of a node are given together."""

    cpus: float
    memory_bytes: int
    gpus: int


class Node(Message):
    """A machine that runs workers, as its agent reported it last."""

    name: str
    state: Literal["ready", "draining", "drained", "away", "unknown"]
    cpus: int
    cpus_used: float
    """In CPUs: at most `cpus`."""
    memory_bytes: int
    memory_used_bytes: int
    disk_bytes: int
    disk_used_bytes: int
    gpus: list[Gpu]
    labels: dict[str, str]
    price_per_hour: float | None
    watts: float | None
    reserved: Reserved


class Worker(Message):
    """One worker, as its node reported it; the last four fields are what it says itself."""

    id: str
    pipeline: str
    node: str
    state: Literal["starting", "ready", "failed", "stopping", "unknown"]
    role: Literal["worker", "shadow"]
    revision: int
    restarts: int
    trouble: str
    """Why it ended last, or what keeps it from its work; empty if nothing does."""
    pid: int
    models: list[str]
    """Of its revision, as name:version; none of a shadow."""
    shards: int | None
    """That it draws frames from, or 1 of a shadow; None: not known."""
    frames_in_progress: int | None
    """Frames that it has pulled and not completed; None: it does not answer."""
    triton_healthy: bool | None


class MeshMessage(Message):
    """Everything that the pages of pipelines, workers and nodes show."""

    type: Literal["mesh"] = "mesh"
    at_ms: float
    pipelines: list[Pipeline]
    nodes: list[Node]
    workers: list[Worker]
    problems: list[str]
    """What cannot be shown now and why, such as a master that does not answer."""
