"""What a camera sends where, and how."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from framemesh.sdk.session.credit import Credit
from framemesh.sdk.session.rejections import FrameRejected

OnFull: TypeAlias = Literal["block", "error", "drop_oldest"]
"""`block`: send waits. `error`: send raises NoCredit. `drop_oldest`: send never waits, and the
oldest frames that were never sent make room."""

SPOOL_FRAMES = 64
"""Two seconds of most cameras: enough for ingest to restart, and the frames are still recent."""

SPOOL_BYTES = 16 * 1024 * 1024
"""As many frames of 256 KiB."""

INTERRUPTED_SECONDS = 2.0
"""How long a camera that is interrupted (Ctrl-C, a cancelled task) waits for acknowledgements."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where the frames of a camera go."""

    address: str
    """host:port of ingest, or anything else that gRPC resolves."""
    pipeline: str
    camera: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraOptions:
    """How a camera sends. `Camera` documents each of them."""

    connect_timeout: float = 10.0
    send_timeout: float | None = None
    close_timeout: float = 30.0
    jpeg_quality: int = 90
    on_rejected: Callable[[FrameRejected], None] | None = None
    on_full: OnFull = "block"
    spool_frames: int = SPOOL_FRAMES
    spool_bytes: int = SPOOL_BYTES
    clock: Callable[[], int] = time.time_ns

    def __post_init__(self) -> None:
        if self.on_full not in get_args(OnFull):
            choices = ", ".join(map(repr, get_args(OnFull)))
            raise ValueError(f"on_full is one of {choices}, not {self.on_full!r}")
        if self.spool_frames < 1 or self.spool_bytes < 1:
            raise ValueError(
                f"a spool of {self.spool_frames} frames and {self.spool_bytes} bytes holds none: "
                "1 at least"
            )

    @property
    def spool_bounds(self) -> Credit | None:
        """How much may wait unsent before the oldest is dropped; None where nothing is dropped."""
        if self.on_full != "drop_oldest":
            return None
        return Credit(self.spool_frames, self.spool_bytes)

    def close_timeout_after(self, error: BaseException | None) -> float:
        """Seconds to wait for acknowledgements after the body of a `with` raised `error`."""
        interrupted = error is not None and not isinstance(error, Exception)
        return min(self.close_timeout, INTERRUPTED_SECONDS) if interrupted else self.close_timeout
