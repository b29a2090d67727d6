"""What a camera sends where, and how."""

import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from framemesh.sdk.errors import InvalidArgument
from framemesh.sdk.session.checks import (
    check_addresses,
    check_certificates,
    check_clock,
    check_count,
    check_name,
    check_seconds,
)
from framemesh.sdk.session.credit import Credit
from framemesh.sdk.session.hint import Hint
from framemesh.sdk.session.rejections import FrameRejected
from framemesh.sdk.session.spools import DiskSpool, MemorySpool
from framemesh.tls.files import TlsFiles

OnFull: TypeAlias = Literal["block", "error", "drop_oldest"]
"""`block`: send waits. `error`: send raises NoCredit. `drop_oldest`: send never waits, and the
oldest frames that were never sent make room."""

Token: TypeAlias = str | Path | Callable[[], str] | None
"""A token, a file that has it, or a function that returns it, which is called in a thread. The last
two are asked for each stream, so that a token may be renewed. None: none is shown."""


def token_of_environment() -> Token:
    """What FRAMEMESH_TOKEN_FILE or FRAMEMESH_TOKEN say."""
    if file := os.environ.get("FRAMEMESH_TOKEN_FILE", ""):
        return Path(file)
    return os.environ.get("FRAMEMESH_TOKEN", "").strip() or None


INTERRUPTED_SECONDS = 2.0
"""How long a camera that is interrupted (Ctrl-C, a cancelled task) waits for acknowledgements."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where the frames of a camera go."""

    addresses: tuple[str, ...]
    """Each is host:port of an ingest, or anything else that gRPC resolves."""
    pipeline: str
    camera: str

    @classmethod
    def of(cls, addresses: str | Iterable[str], pipeline: str, camera: str) -> "Target":
        """
        Raises:
            InvalidArgument: one of them cannot be.
        """
        return cls(
            check_addresses(addresses),
            check_name("pipeline", pipeline),
            check_name("camera", camera),
        )

    @property
    def address(self) -> str:
        """All of them, for a person."""
        return ", ".join(self.addresses)


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraOptions:
    """How a camera sends.

    Raises:
        InvalidArgument: one of them cannot be.
    """

    connect_timeout: float = 10.0
    """Seconds for the first connection; later ones are tried for ever."""
    send_timeout: float | None = None
    """Seconds that `send` may wait for credit; None: as long as it takes."""
    close_timeout: float = 30.0
    """Seconds that the end of `with` waits for the last acknowledgement."""
    jpeg_quality: int = 90
    """1 to 100, for frames that are given as arrays."""
    on_rejected: Callable[[FrameRejected], None] | None = None
    """Called with every frame that ingest refused."""
    on_hint: Callable[[Hint], None] | None = None
    """Called with what ingest asks of the camera, when that changed; `Camera.hint` has it too."""
    on_full: OnFull = "block"
    """What happens to a frame while there is no credit for it. "block": `send` waits.
    "error": `send` raises NoCredit at once; only for the first connection it waits.
    "drop_oldest": `send` never waits, also while ingest is away; frames wait in the spool, and when
    that is full the oldest one that was never sent is dropped.
    With a spool on disk the same happens where that has no room, and credit makes nobody wait."""
    spool: MemorySpool | DiskSpool = field(default_factory=MemorySpool)
    monitor: str | Sequence[str] = ()
    """host:port of the monitor, for `results`; several as for ingest."""
    clock: Callable[[], int] = time.time_ns
    """The camera's, in nanoseconds since the Unix epoch. It need not be right: ingest finds out how
    far it is from its own."""

    tls: TlsFiles | None = None
    """Files of certificates, read again when they change; None: nothing is encrypted."""
    token: Token = field(default_factory=token_of_environment, repr=False)
    """Who this camera is, where ingest asks; by default what FRAMEMESH_TOKEN_FILE or
    FRAMEMESH_TOKEN say. A stream ends when its token expires, and the next one
    shows what a file or a function then gives: nothing is lost."""

    def __post_init__(self) -> None:
        check_seconds("connect_timeout", self.connect_timeout)
        if self.send_timeout is not None:
            check_seconds("send_timeout", self.send_timeout)
        check_seconds("close_timeout", self.close_timeout)
        check_count("jpeg_quality", self.jpeg_quality, 1, 100)
        if self.on_full not in get_args(OnFull):
            choices = ", ".join(map(repr, get_args(OnFull)))
            raise InvalidArgument(f"on_full is one of {choices}, not {self.on_full!r}")
        if not isinstance(self.spool, MemorySpool | DiskSpool):
            raise InvalidArgument(f"spool is a MemorySpool or a DiskSpool, not {self.spool!r}")
        if self.monitor:
            check_addresses(self.monitor, "monitor")
        if self.on_rejected is not None and not callable(self.on_rejected):
            raise InvalidArgument(f"on_rejected is a function, not {self.on_rejected!r}")
        if self.tls is not None:
            check_certificates(self.tls)
        if self.on_hint is not None and not callable(self.on_hint):
            raise InvalidArgument(f"on_hint is a function, not {self.on_hint!r}")
        if not callable(self.clock):
            raise InvalidArgument(f"clock is a function, not {self.clock!r}")
        if not (self.token is None or isinstance(self.token, str | Path) or callable(self.token)):
            kind = type(self.token).__name__
            raise InvalidArgument(f"token is a str, a Path or a function, not of type {kind}")

    @property
    def renews_token(self) -> bool:
        """Whether the next stream may show another token."""
        return not isinstance(self.token, str | None)

    def now(self) -> int:
        """What the camera's clock says.

        Raises:
            InvalidArgument: that is no time.
        """
        return check_clock(self.clock())

    @property
    def monitors(self) -> tuple[str, ...]:
        return check_addresses(self.monitor, "monitor") if self.monitor else ()

    @property
    def drops(self) -> bool:
        return self.on_full == "drop_oldest"

    @property
    def disk(self) -> DiskSpool | None:
        return self.spool if isinstance(self.spool, DiskSpool) else None

    @property
    def spool_bounds(self) -> Credit | None:
        """How much may wait unsent in memory before the oldest is dropped; None where nothing is
        dropped there."""
        if not self.drops or isinstance(self.spool, DiskSpool):
            return None
        return Credit(self.spool.max_frames, self.spool.max_bytes)

    def close_timeout_after(self, error: BaseException | None) -> float:
        """Seconds to wait for acknowledgements after the body of a `with` raised `error`."""
        interrupted = error is not None and not isinstance(error, Exception)
        return min(self.close_timeout, INTERRUPTED_SECONDS) if interrupted else self.close_timeout
