"""The one table of all metrics. docs/metrics.md and the boards of Grafana are made from it."""

from framemesh.core.metrics.frames import FRAMES
from framemesh.core.metrics.mesh import MESH
from framemesh.core.metrics.metric import Metric, Service
from framemesh.core.metrics.process import PROCESS
from framemesh.core.metrics.sinks import SINKS

METRICS: tuple[Metric, ...] = (*FRAMES, *MESH, *SINKS, *PROCESS)


def metrics_of(service: Service) -> tuple[Metric, ...]:
    """Those that a process of the service has."""
    return tuple(metric for metric in METRICS if service in metric.services)
