"""How the frames of a source are sent."""

from collections.abc import Callable

from framemesh.cli.common.connecting import connect_options
from framemesh.sdk import CameraOptions, FrameRejected, MemorySpool, OnFull


def camera_options(
    on_rejected: Callable[[FrameRejected], None], on_full: OnFull | None, *, live: bool
) -> CameraOptions:
    """Without `on_full`, frames of a live source do not wait for credit: the newest one takes the
    place of the one that waits."""
    tls = connect_options().tls
    if on_full is None and live:
        spool = MemorySpool(max_frames=1)
        return CameraOptions(on_rejected=on_rejected, on_full="drop_oldest", spool=spool, tls=tls)
    return CameraOptions(on_rejected=on_rejected, on_full=on_full or "block", tls=tls)
