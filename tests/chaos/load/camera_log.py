"""A write-ahead log of a camera's frames and answers, so that killing the camera loses nothing.

One file a camera, one JSON document a line. A written line is with the operating system, which
keeps it when the process is killed.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from framemesh.core.frame import FrameId

CLOSED = "closed"
"""How a session ends if every frame was answered."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A frame that a camera gave to its SDK."""

    captured_unix_nano: int
    image: int
    """CRC-32 of its bytes."""


@dataclass(slots=True)
class CameraSession:
    """One session of a camera, from its own log."""

    camera: str
    session: str
    offered: dict[int, Offer] = field(default_factory=dict)
    """Offered frames by sequence number; the other fields likewise."""
    accepted: set[int] = field(default_factory=set)
    rejected: dict[int, str] = field(default_factory=dict)
    """Rejected frames, with the reason."""
    ended: str = ""
    """`CLOSED`, or the error that ended it; empty for a camera that was killed."""

    def frame(self, sequence: int) -> FrameId:
        return FrameId(self.camera, self.session, sequence)


class CameraLog:
    """Writes the log."""

    def __init__(self, path: Path) -> None:
        # Unbuffered: data in this process would be lost with it.
        self._file = path.open("ab", buffering=0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def began(self, session: str) -> None:
        self._write({"session": session})

    def offered(self, sequence: int, offer: Offer) -> None:
        captured, image = offer.captured_unix_nano, offer.image
        self._write({"offered": sequence, "captured": captured, "image": image})

    def accepted(self, sequences: Iterable[int]) -> None:
        self._write({"accepted": list(sequences)})

    def rejected(self, sequence: int, reason: str) -> None:
        self._write({"rejected": sequence, "reason": reason})

    def ended(self, how: str) -> None:
        self._write({"ended": how})

    def _write(self, line: dict[str, object]) -> None:
        self._file.write(json.dumps(line).encode() + b"\n")


def read(path: Path) -> Iterator[CameraSession]:
    """The sessions of the camera that the file is named after."""
    current: CameraSession | None = None
    for line in path.read_bytes().splitlines():
        entry: dict[str, Any] = json.loads(line)
        if "session" in entry:
            if current:
                yield current
            current = CameraSession(path.stem, entry["session"])
        elif current:
            _note(current, entry)
    if current:
        yield current


def _note(session: CameraSession, entry: dict[str, Any]) -> None:
    if "offered" in entry:
        session.offered[entry["offered"]] = Offer(entry["captured"], entry["image"])
    elif "accepted" in entry:
        session.accepted.update(entry["accepted"])
    elif "rejected" in entry:
        session.rejected[entry["rejected"]] = entry["reason"]
    else:
        session.ended = entry["ended"]
