"""How the frames of a source are sent."""

from collections.abc import Callable

from framemesh.cli.common.connecting import connect_options
from framemesh.sdk import CameraOptions, DiskSpool, FrameRejected, MemorySpool, OnFull


def camera_options(
    on_rejected: Callable[[FrameRejected], None],
    on_full: OnFull | None,
    *,
    live: bool,
    spool: str | None = None,
) -> CameraOptions:
    """`spool` is the folder where frames wait that cannot be sent yet. Without it and `on_full`,
    frames of a live source do not wait for credit: the newest one takes the place of the one that
    waits."""
    newest = MemorySpool(max_frames=1) if live and on_full is None else MemorySpool()
    return CameraOptions(
        on_rejected=on_rejected,
        on_full=on_full or ("drop_oldest" if live else "block"),
        spool=newest if spool is None else DiskSpool(spool),
        tls=connect_options().tls,
    )
