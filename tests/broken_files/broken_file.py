"""One broken file, and what lies beside it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class BrokenFile:
    """A file that somebody gives to `model submit`."""

    kind: str
    onnx: bytes
    beside: Mapping[str, bytes] = field(default_factory=dict)
    """Content of the files that lie beside it."""
    links: Mapping[str, str] = field(default_factory=dict)
    """Symbolic links that lie beside it, and where they lead to."""

    def write(self, folder: Path, name: str) -> Path:
        """The file as `name`.onnx, in `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        for beside, content in self.beside.items():
            (folder / beside).write_bytes(content)
        for link, target in self.links.items():
            (folder / link).symlink_to(target)
        path = folder / f"{name}.onnx"
        path.write_bytes(self.onnx)
        return path
