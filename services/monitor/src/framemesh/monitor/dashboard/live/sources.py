"""Where live connections have from what they send."""

from dataclasses import dataclass

from framemesh.monitor.dashboard.mesh.watch import MeshWatch
from framemesh.monitor.dashboard.pictures.wall import Wall
from framemesh.monitor.dashboard.samples.decisions import Decisions
from framemesh.monitor.dashboard.samples.history import History


@dataclass(frozen=True, slots=True)
class LiveSources:
    """Shared by all connections."""

    watch: MeshWatch
    history: History
    decisions: Decisions
    wall: Wall
