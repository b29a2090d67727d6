"""The kinds of sink, each with what its tests need: a target, and what arrived there."""

import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

from framemesh.core.sinks.spec import SinkKind, SinkOptions, SinkSpec

Frame = tuple[str, int]
"""Camera and sequence number."""


class Kind(ABC):
    """A kind under test."""

    kind: SinkKind
    options = SinkOptions()
    repeats = 256
    """Results that may be under way when a process is killed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "target"

    @property
    def target(self) -> str:
        return str(self.folder)

    def spec(self, name: str = "yard", cameras: Sequence[str] = (), **more: object) -> SinkSpec:
        return SinkSpec(
            name,
            "street",
            self.kind,
            self.target,
            tuple(cameras),
            options=self.options,
            **more,  # type: ignore[arg-type]
        )

    @abstractmethod
    def arrived(self) -> list[Frame]:
        """In the order of their arrival, repeated ones as well."""


class Jsonl(Kind):
    kind = SinkKind.JSONL
    options = SinkOptions(file_bytes=8192)

    def arrived(self) -> list[Frame]:
        found: list[Frame] = []
        files = [*self.folder.glob("*.jsonl"), *self.folder.glob("*.jsonl.part")]
        for file in sorted(files):
            lines = file.read_text().split("\n")
            if file.suffix != ".part":
                assert lines[-1] == "", "a complete file ends in a whole line"
            # Of a part, the line that is being written.
            for line in lines[:-1]:
                document = json.loads(line)
                found.append((document["camera"], document["sequence"]))
        return found


KINDS: tuple[type[Kind], ...] = (Jsonl,)
