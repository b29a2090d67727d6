"""The source of a camera of the file."""

from dataclasses import replace

from framemesh.cli.cameras.document import CameraEntry
from framemesh.cli.push.source_arguments import parse_size
from framemesh.sources.encoding import Encoding
from framemesh.sources.locations import locate
from framemesh.sources.secrets import read_secret
from framemesh.sources.spec import OPEN_SECONDS, Hardware, SourceSpec, Transport


def entry_source(camera: CameraEntry) -> SourceSpec:
    """
    Raises:
        SourceUnreadable: it is no source.
        BadSecret: its password is not where it is said to be.
    """
    spec = locate(camera.source)
    max_width, max_height = parse_size(camera.resize) if camera.resize else (0, 0)
    timeout = camera.timeout or OPEN_SECONDS
    return replace(
        spec,
        user=camera.user or spec.user,
        password=read_secret(camera.password) if camera.password else spec.password,
        every=camera.every or 1,
        loop=bool(camera.loop),
        realtime=bool(camera.realtime),
        watch=bool(camera.watch),
        max_width=max_width,
        max_height=max_height,
        encoding=Encoding(quality=camera.quality),
        motion=camera.motion or 0.0,
        transport=camera.transport or Transport.TCP,
        hardware=camera.hardware or Hardware.NONE,
        open_seconds=timeout,
        stall_seconds=timeout,
        poll_seconds=1 / camera.fps if camera.fps else 1.0,
    )
