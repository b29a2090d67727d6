"""Everything that the screen shows at one moment, made of the last answers."""

from dataclasses import dataclass

from framemesh.api.master.v1 import node_pb2, sink_pb2
from framemesh.cli.top.answers import LastAnswer, MasterAnswer, MonitorAnswer
from framemesh.cli.top.cameras import CameraRow, Cameras
from framemesh.cli.top.pipelines import PipelineRow, Pipelines


@dataclass(frozen=True, slots=True)
class Away:
    """A service that does not answer."""

    name: str
    seconds: float
    """Since its last answer."""
    trouble: str
    asked_in_vain: bool
    """Whether it has never answered."""


@dataclass(frozen=True, slots=True)
class ScreenState:
    """What is known of the mesh now."""

    pipelines: tuple[PipelineRow, ...] = ()
    cameras: tuple[CameraRow, ...] = ()
    nodes: tuple[node_pb2.NodeStatus, ...] = ()
    sinks: tuple[sink_pb2.Sink, ...] = ()
    away: tuple[Away, ...] = ()
    asked: bool = False
    """Whether somebody has answered, or failed to."""


class Observer:
    """Makes states of the answers, and remembers what trends and rates need."""

    def __init__(
        self, monitor: LastAnswer[MonitorAnswer], master: LastAnswer[MasterAnswer]
    ) -> None:
        self._monitor = monitor
        self._master = master
        self._pipelines = Pipelines()
        self._cameras = Cameras()
        self._seen_at = -1.0
        """Of the monitor's last answer."""
        self._rows: list[CameraRow] = []

    def state(self) -> ScreenState:
        """As it is now."""
        monitor = self._monitor.value or MonitorAnswer()
        master = self._master.value or MasterAnswer()
        statuses = {status.pipeline: status for status in monitor.pipelines}
        specified = {pipeline.spec.name: pipeline for pipeline in master.pipelines}
        new = self._monitor.value is not None and self._monitor.at != self._seen_at
        self._pipelines.observe(self._monitor.at, statuses, new=new)
        names = sorted({*statuses, *specified})
        rows = [self._pipelines.row(specified.get(name), statuses.get(name)) for name in names]
        if new:
            self._seen_at = self._monitor.at
            ledgers = ((row.name, row.report.cameras) for row in rows)
            self._rows = self._cameras.observe(self._monitor.at, ledgers)
        return ScreenState(
            pipelines=tuple(rows),
            cameras=tuple(self._rows),
            nodes=master.nodes,
            sinks=master.sinks,
            away=tuple(self._away()),
            asked=any(each.value or each.trouble for each in (self._monitor, self._master)),
        )

    def _away(self) -> list[Away]:
        services = (("monitor", self._monitor), ("master", self._master))
        return [
            Away(name, answer.silent_seconds, answer.trouble, answer.value is None)
            for name, answer in services
            if answer.trouble
        ]
