"""How the frames of a source are sent."""

from collections.abc import Callable

from framemesh.sdk import CameraOptions, FrameRejected, MemorySpool, OnFull


def camera_options(
    on_rejected: Callable[[FrameRejected], None], on_full: OnFull | None, *, live: bool
) -> CameraOptions:
    """Without `on_full`, frames of a live source do not wait for credit: the newest one takes the
    place of the one that waits."""
    if on_full is None and live:
        return CameraOptions(
            on_rejected=on_rejected, on_full="drop_oldest", spool=MemorySpool(max_frames=1)
        )
    return CameraOptions(on_rejected=on_rejected, on_full=on_full or "block")
