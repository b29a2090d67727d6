"""The rows of each table as texts."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from rich.filesize import decimal
from rich.text import Text

from framemesh.api.master.v1 import node_pb2
from framemesh.cli.top.cameras import CameraRow
from framemesh.cli.top.pipelines import PipelineRow
from framemesh.cli.views.node import state as node_state
from framemesh.core.resources import memory_text

GOOD, BAD, WARN, DIM = "green", "bold red", "yellow", "dim"
SHORT_NAME = 16
"""Characters of a name where there is little room."""

NEARLY_FULL = 0.9
"""Share of what a node has that is worth a warning."""

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Column(Generic[R]):
    """One column: its heading, how a row reads in it, and for which terminals it is."""

    title: str
    cell: Callable[[R], Text | str]
    number: bool = True
    least: int = 0
    """Columns of a terminal that has room for it."""
    most: int = 1_000_000
    """Columns of the widest terminal that has it; a wider one has a better."""


@dataclass(frozen=True, slots=True)
class WorkerRow:
    """A worker and its node, or a node that has none."""

    node: node_pb2.NodeStatus
    worker: node_pb2.Worker | None
    first: bool = True
    """Whether it is the first of its node: the others need not repeat what the node has."""


def worker_rows(nodes: Sequence[node_pb2.NodeStatus]) -> Iterator[WorkerRow]:
    """All workers, those of a node together."""
    for status in nodes:
        workers = sorted(status.node.workers, key=lambda worker: worker.id)
        for number, worker in enumerate(workers):
            yield WorkerRow(status, worker, first=number == 0)
        if not workers:
            yield WorkerRow(status, None)


def rate(value: float) -> str:
    return f"{value:,.1f}" if value < 1000 else f"{value:,.0f}"


def milliseconds(value: float) -> str:
    """35 ms, 2.4 s; of no frame there is no age, and no frame has an age of 0."""
    if not value:
        return "-"
    return f"{value:.0f} ms" if value < 1000 else f"{value / 1000:.1f} s"


def _short(name: str) -> str:
    return name if len(name) <= SHORT_NAME else f"{name[: SHORT_NAME - 1]}…"


def _balance(balances: bool) -> Text:
    return Text("✓", GOOD) if balances else Text("✗ ALARM", BAD)


def _workers(row: PipelineRow) -> Text:
    ready, wanted = row.report.ready_workers, row.wanted_workers
    style = GOOD if ready >= wanted else WARN if ready else BAD
    return Text(f"{ready}/{wanted}", style if wanted else DIM)


def _growth(row: PipelineRow) -> Text:
    if abs(row.growth) < 0.05:
        return Text("steady", DIM)
    return Text(f"{row.growth:+,.1f}/s", WARN if row.grows else "")


def _count(number: int, style: str = BAD) -> Text:
    return Text(f"{number:,}", style if number else DIM)


PIPELINES: tuple[Column[PipelineRow], ...] = (
    Column("pipeline", lambda row: Text(_short(row.name), "bold"), number=False, most=119),
    Column("pipeline", lambda row: Text(row.name, "bold"), number=False, least=120),
    Column("ready", _workers),
    Column("ledger", lambda row: _balance(row.balances), number=False),
    Column("in/s", lambda row: rate(row.report.accepted_per_second)),
    Column("done/s", lambda row: rate(row.report.completed_per_second)),
    Column("backlog", lambda row: f"{row.report.backlog:,}"),
    Column("bytes", lambda row: decimal(row.report.backlog_bytes), least=120),
    Column("growth", _growth),
    Column("trend", lambda row: row.backlog.trend(6), most=119),
    Column("last minute", lambda row: row.backlog.trend(15), least=120, most=159),
    Column("last minute", lambda row: row.backlog.trend(40), least=160),
    Column("p50", lambda row: milliseconds(row.report.age_p50_ms), least=100),
    Column("p95", lambda row: milliseconds(row.report.age_p95_ms), least=120),
    Column("p99", lambda row: Text(milliseconds(row.report.age_p99_ms), WARN if row.late else "")),
    Column("dead", lambda row: _count(row.report.dead_letters, WARN), least=120),
)

_WORKER_STATES = {
    node_pb2.WORKER_STATE_STARTING: ("starting", WARN),
    node_pb2.WORKER_STATE_READY: ("ready", GOOD),
    node_pb2.WORKER_STATE_FAILED: ("failed", BAD),
    node_pb2.WORKER_STATE_STOPPING: ("stopping", WARN),
}


def _worker_state(row: WorkerRow) -> Text:
    if row.worker is None:
        return Text("no workers", DIM)
    return Text(*_WORKER_STATES.get(row.worker.state, ("unknown", DIM)))


def _node(row: WorkerRow) -> Text:
    name, ready = row.node.node.name, row.node.state == node_pb2.NODE_STATE_READY
    return Text(name) if ready else Text(f"{name} ({node_state(row.node)})", WARN)


def _of_node(cell: Callable[[node_pb2.Node], Text]) -> Callable[[WorkerRow], Text]:
    """What the node has, in the row of its first worker."""

    def of_row(row: WorkerRow) -> Text:
        known = row.first and row.node.node.cpus
        return cell(row.node.node) if known else Text("")

    return of_row


def _share(used: float) -> Text:
    return Text(f"{used:.0%}", WARN if used > NEARLY_FULL else "")


def _memory(node: node_pb2.Node) -> Text:
    return _share(node.memory_used_bytes / max(1, node.memory_bytes))


def _disk(node: node_pb2.Node) -> Text:
    return _share(node.disk_used_bytes / max(1, node.disk_bytes))


def _gpus(node: node_pb2.Node) -> Text:
    used = ", ".join(f"{gpu.used:.0%}" for gpu in node.gpus)
    return Text(used) if used else Text("none", DIM)


def _restarts(row: WorkerRow) -> Text:
    return _count(row.worker.restarts, WARN) if row.worker else Text("")


def _trouble(row: WorkerRow) -> Text:
    """Of one that is ready it is past."""
    worker = row.worker
    hurts = worker is not None and worker.state != node_pb2.WORKER_STATE_READY
    return Text(worker.trouble, WARN) if worker is not None and hurts else Text("")


WORKERS: tuple[Column[WorkerRow], ...] = (
    Column("worker", lambda row: row.worker.id if row.worker else "-", number=False),
    Column("state", _worker_state, number=False),
    Column("restarts", _restarts),
    Column("node", _node, number=False),
    Column("CPU", _of_node(lambda node: _share(node.cpu_used))),
    Column("of", _of_node(lambda node: Text(str(node.cpus))), least=120),
    Column("memory", _of_node(_memory)),
    Column("of ", _of_node(lambda node: Text(memory_text(node.memory_bytes))), least=120),
    Column("disk", _of_node(_disk)),
    Column("GPU", _of_node(_gpus)),
    Column("trouble", _trouble, number=False, least=100),
)

CAMERAS: tuple[Column[CameraRow], ...] = (
    Column("camera", lambda row: Text(_short(row.ledger.camera)), number=False, most=119),
    Column("camera", lambda row: row.ledger.camera, number=False, least=120),
    Column("pipeline", lambda row: Text(_short(row.pipeline), DIM), number=False),
    Column("ledger", lambda row: _balance(row.ledger.balances), number=False),
    Column("in/s", lambda row: rate(row.offered_per_second)),
    Column("done/s", lambda row: rate(row.done_per_second)),
    Column("offered", lambda row: f"{row.ledger.offered:,}", least=120),
    Column("done", lambda row: f"{row.ledger.done:,}", least=120),
    Column("pending", lambda row: _count(row.ledger.pending, "")),
    Column("dropped", lambda row: _count(row.dropped, ""), least=100),
    Column("rejected", lambda row: _count(row.ledger.rejected, WARN), least=100),
    Column("dead", lambda row: _count(row.ledger.dead)),
    Column("now", lambda row: Text(row.words, WARN), number=False),
)


def columns(of: Sequence[Column[R]], terminal_columns: int) -> list[Column[R]]:
    """Those for a terminal of this width."""
    return [column for column in of if column.least <= terminal_columns <= column.most]
