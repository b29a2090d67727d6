"""What a camera does with a frame that there is no credit for."""

from typing import Literal, TypeAlias, get_args

from framemesh.sdk.session.credit import Credit

OnFull: TypeAlias = Literal["block", "error", "drop_oldest"]
"""`block`: send waits. `error`: send raises NoCredit. `drop_oldest`: send never waits, and the
oldest frames that were never sent make room."""

SPOOL_FRAMES = 64
"""Two seconds of most cameras: ingest is started anew meanwhile, and what waits is still news."""

SPOOL_BYTES = 16 * 1024 * 1024
"""As many frames of 256 KiB."""


def spool_bounds(on_full: OnFull, frames: int, size: int) -> Credit | None:
    """How much may wait unsent before the oldest is dropped; None where nothing is.

    Raises:
        ValueError: one of them is none.
    """
    if on_full not in get_args(OnFull):
        choices = ", ".join(map(repr, get_args(OnFull)))
        raise ValueError(f"on_full is one of {choices}, not {on_full!r}")
    if frames < 1 or size < 1:
        raise ValueError(f"a spool of {frames} frames and {size} bytes holds none: 1 at least")
    return Credit(frames, size) if on_full == "drop_oldest" else None
