"""Where the programs of a mesh on this machine write their logs."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class LogFile:
    """The log of one program. What it put aside when it was large lies beside it."""

    source: str
    path: Path
    worker: bool = False
    """Of a worker, or of its Triton."""

    @property
    def aside(self) -> Path:
        return self.path.with_name(f"{self.path.name}.1")


def log_files(data: Path) -> list[LogFile]:
    """All that there are now in a data folder, by name; also of programs that have ended."""
    return sorted(_found(data), key=lambda each: each.source)


def _found(data: Path) -> Iterator[LogFile]:
    for path in (data / "logs").glob("*.log"):
        yield LogFile(path.stem, path)
    for path in (data / "logs" / "workers").glob("*.log"):
        yield LogFile(path.stem, path, worker=True)
    for path in (data / "workers").glob("*/triton/triton.log"):
        yield LogFile(f"{path.parents[1].name}/triton", path, worker=True)
