"""What a sink of JSON lines has written."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from framemesh.core.frame import FrameId

TAIL_BYTES = 64 * 1024
"""Read at the end of a file: more than any line has."""


@dataclass(frozen=True, slots=True)
class SinkFiles:
    """The files of one sink, complete or not."""

    folder: Path

    def frames(self) -> frozenset[FrameId]:
        """All that are written; some may be there twice."""
        found = [_lines(path.read_bytes()) for path in self._paths()]
        return frozenset(_frame(entry) for entries in found for entry in entries)

    def newest_capture(self) -> int:
        """When the newest frame that is written last was captured; 0: there is none."""
        times = [0]
        for path in self._paths():
            times += [int(entry["captured_unix_nano"]) for entry in _lines(_tail(path))]
        return max(times)

    def _paths(self) -> list[Path]:
        return sorted(self.folder.glob("*.jsonl*"))


def _tail(path: Path) -> bytes:
    """Whole lines at the end of a file."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - TAIL_BYTES))
        read = file.read()
    return read if size <= TAIL_BYTES else read.partition(b"\n")[2]


def _lines(content: bytes) -> Iterator[dict[str, Any]]:
    """A last line without its end is not written yet."""
    for line in content.split(b"\n")[:-1]:
        yield json.loads(line)


def _frame(entry: dict[str, Any]) -> FrameId:
    return FrameId(entry["camera"], entry["session"], int(entry["sequence"]))
