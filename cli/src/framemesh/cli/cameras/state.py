"""How the cameras of a file do: what `cameras run` writes, and `cameras status` reads."""

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from framemesh.cli.common.files import FileUnreadable, read_bytes
from framemesh.core.documents.document import read

STALE_SECONDS = 5.0
"""After which a state that is written every second is that of a program that is gone."""

VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraState:
    """One camera at one moment. Counts since it was started."""

    name: str
    pipeline: str
    source: str
    """Without its password."""
    phase: str
    """opening, running, waiting (it failed, and is tried again), or ended."""
    reason: str = ""
    """Why it failed last."""
    restarts: int = 0
    description: str = ""
    sent: int = 0
    acknowledged: int = 0
    rejected: int = 0
    dropped: int = 0
    received: int = 0
    skipped: int = 0
    filtered: int = 0
    damaged: int = 0
    quiet_seconds: float = 0.0
    """Since the source gave its last frame."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetState:
    """All cameras of a file."""

    version: int = VERSION
    written_unix: float
    pid: int
    problem: str = ""
    """Why the file as it is now is not taken over."""
    cameras: tuple[CameraState, ...]

    @property
    def age_seconds(self) -> float:
        return max(0.0, time.time() - self.written_unix)

    @property
    def is_stale(self) -> bool:
        return self.age_seconds > STALE_SECONDS


def state_path(cameras: Path) -> Path:
    """Where the state of a file is, unless it is said otherwise."""
    return cameras.with_name(f"{cameras.name}.state")


def write_state(path: Path, state: FleetState) -> None:
    """Replace what is there, whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    new = path.with_name(f"{path.name}.new")
    new.write_text(json.dumps(asdict(state)))
    new.replace(path)


def read_state(path: Path) -> FleetState:
    """
    Raises:
        FileUnreadable: no `cameras run` ever wrote there.
        InvalidDocument: it is no such file.
    """
    try:
        said: Any = json.loads(read_bytes(path))
    except ValueError as error:
        raise FileUnreadable(f"{path} is no state of cameras") from error
    return read(said, FleetState, str(path))
