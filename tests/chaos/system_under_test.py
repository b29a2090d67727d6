"""What faults act on, and what tells whether the mesh works again."""

from collections.abc import Sequence
from dataclasses import dataclass

import psutil

from framemesh.core.pipeline.spec import PipelineSpec
from tests.chaos.disk import Disk
from tests.chaos.lan import Lan
from tests.chaos.ledger.raw_stream import RawStreams
from tests.chaos.load.cameras import Cameras
from tests.chaos.load.images import Images
from tests.e2e.mesh import Mesh


@dataclass(frozen=True, slots=True)
class SystemUnderTest:
    """A mesh under load."""

    root: psutil.Process
    """That started everything: this one."""
    mesh: Mesh
    spec: PipelineSpec
    cameras: Cameras
    names: Sequence[str]
    """Of the cameras that push all the time."""
    images: Images
    streams: RawStreams
    lan: Lan | None = None
    """None where no network can be made; nothing can be cut there."""
    disk: Disk | None = None
    """None where nothing can be mounted; no disk can be filled there."""
