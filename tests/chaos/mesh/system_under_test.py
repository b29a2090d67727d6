"""The system under test: a mesh under load, and access to its processes and streams."""

from collections.abc import Sequence
from dataclasses import dataclass

import psutil

from framemesh.core.pipeline.spec import PipelineSpec
from tests.chaos.ledger.decisions import DecisionLog
from tests.chaos.ledger.raw_stream import RawStreams
from tests.chaos.ledger.sink_files import SinkFiles
from tests.chaos.load.cameras import Cameras
from tests.chaos.load.images import Images
from tests.chaos.machine.disk import Disk
from tests.chaos.machine.lan import Lan
from tests.e2e.mesh import Mesh


@dataclass(frozen=True, slots=True)
class SystemUnderTest:
    """A mesh under load."""

    root: psutil.Process
    """The process that started everything: this one."""
    mesh: Mesh
    spec: PipelineSpec
    cameras: Cameras
    names: Sequence[str]
    """Names of the cameras that push all the time."""
    images: Images
    streams: RawStreams
    lan: Lan | None = None
    """None if networks cannot be created; faults that cut links are not possible then."""
    disk: Disk | None = None
    """None if mounting is not possible; faults that fill the disk are not possible then."""
    sink: SinkFiles | None = None
    """Where a sink writes every result; None: there is no sink."""
    decisions: DecisionLog | None = None
    """None: nobody follows them."""

    @property
    def decision_log(self) -> DecisionLog:
        """What the autoscaler decided, where that is followed."""
        if self.decisions is None:
            raise ValueError("the decisions of this mesh are not followed")
        return self.decisions
