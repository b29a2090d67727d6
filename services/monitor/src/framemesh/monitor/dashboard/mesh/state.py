"""What was found out about the whole mesh at one moment."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from framemesh.api.master.v1 import node_pb2, pipeline_pb2
from framemesh.api.worker.v1 import worker_pb2
from framemesh.monitor.dashboard.mesh.revision_models import RevisionModels
from framemesh.monitor.dashboard.mesh.stage_rates import RatesByStage
from framemesh.monitor.status.pipeline_status import PipelineStatus


@dataclass(frozen=True, slots=True)
class MeshState:
    """The parts of it may be of different moments: one that cannot be had now is as it was."""

    at_unix_nano: int = 0
    pipelines: Mapping[str, pipeline_pb2.Pipeline] = field(default_factory=dict)
    """By name, as the master tells them."""
    statuses: Mapping[str, PipelineStatus] = field(default_factory=dict)
    """By name, as the ledgers and the broker tell them."""
    nodes: tuple[node_pb2.NodeStatus, ...] = ()
    loads: Mapping[str, worker_pb2.GetWorkerResponse] = field(default_factory=dict)
    """By the id of the worker, as each tells itself."""
    stage_rates: RatesByStage = field(default_factory=dict)
    shadows: Mapping[str, pipeline_pb2.ShadowReport] = field(default_factory=dict)
    """Of pipelines that have one."""
    models: RevisionModels = field(default_factory=dict)
    growths: Mapping[str, float] = field(default_factory=dict)
    """Of backlogs, in frames a second."""
    problems: tuple[str, ...] = ()
