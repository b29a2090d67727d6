"""Models whose weights lie in files beside them, as torch exports them today: made one file.

Only the fields around the weights are written anew; all else is copied byte for byte, in pieces.
"""

import mmap
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path

from framemesh.modeling.errors import ModelInvalid
from framemesh.modeling.loadable import MAX_FILE_BYTES
from framemesh.modeling.protobuf import MalformedProtobuf, ProtobufWalker, Span
from framemesh.modeling.rewriting import Piece, Slice, header, size_of, write_pieces
from framemesh.modeling.runtime_message import printable

MAX_DEPTH = 128
"""Of messages inside messages: a graph in a node of a graph takes four."""


class _Kind(Enum):
    """The messages of onnx.proto that may have tensors inside."""

    MODEL = auto()
    GRAPH = auto()
    FUNCTION = auto()
    NODE = auto()
    ATTRIBUTE = auto()
    SPARSE = auto()
    TENSOR = auto()


_INSIDE: Mapping[_Kind, Mapping[int, _Kind]] = {
    _Kind.MODEL: {7: _Kind.GRAPH, 25: _Kind.FUNCTION},
    _Kind.GRAPH: {1: _Kind.NODE, 5: _Kind.TENSOR, 15: _Kind.SPARSE},
    _Kind.FUNCTION: {7: _Kind.NODE},
    _Kind.NODE: {5: _Kind.ATTRIBUTE},
    _Kind.ATTRIBUTE: {
        5: _Kind.TENSOR, 6: _Kind.GRAPH, 10: _Kind.TENSOR, 11: _Kind.GRAPH, 22: _Kind.SPARSE,
        23: _Kind.SPARSE,
    },
    _Kind.SPARSE: {1: _Kind.TENSOR, 2: _Kind.TENSOR},
}  # fmt: skip
"""Field number -> what lies there."""

TENSOR_RAW_DATA, TENSOR_EXTERNAL_DATA, TENSOR_LOCATION = 9, 13, 14
ENTRY_KEY, ENTRY_VALUE = 1, 2
EXTERNAL = 1


def merge_weights(onnx: Path, merged: Path) -> bool:
    """Write `onnx` to `merged` with all weights inside; False, and nothing written, where they are
    inside already.

    Raises:
        ModelInvalid: weights are missing, lie outside the folder of `onnx`, or make it too large.
    """
    try:
        with onnx.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole:
            merger = _Merger(onnx, ProtobufWalker(whole))
            pieces = merger.message(merger.walker.whole, _Kind.MODEL, 0)
    # An empty file cannot be mapped, and a name may be no UTF-8: both are ValueErrors.
    except ValueError as error:
        raise ModelInvalid(f"{onnx.name} is not an ONNX model that can be read: {error}") from error
    if pieces is None:
        return False
    if (size := size_of(pieces)) > MAX_FILE_BYTES:
        raise ModelInvalid(
            f"{onnx.name} has {size} bytes with its weights, and a model at most {MAX_FILE_BYTES} "
            "(2 GiB): export it in float16, or use a smaller one"
        )
    write_pieces(pieces, merged)
    return True


@dataclass(slots=True)
class _Merger:
    """Finds what has to be written for one file."""

    onnx: Path
    walker: ProtobufWalker
    _sizes: dict[str, tuple[Path, int]] = field(default_factory=dict)
    """Path and size of each file of weights that was checked, by its name in the model."""

    def message(self, span: Span, kind: _Kind, depth: int) -> list[Piece] | None:
        """What a message becomes; None if it has no weights in other files."""
        if depth > MAX_DEPTH:
            raise MalformedProtobuf(f"it has messages inside messages, over {MAX_DEPTH} deep")
        pieces: list[Piece] = []
        kept = span[0]
        for number, start, end, whole in self.walker.entries(span):
            inner = _INSIDE[kind].get(number)
            if inner is None or not end:
                continue
            changed = (
                self._tensor((start, end))
                if inner is _Kind.TENSOR
                else self.message((start, end), inner, depth + 1)
            )
            if changed is not None:
                pieces += [self._copied(kept, whole[0]), header(number, size_of(changed))]
                pieces += changed
                kept = whole[1]
        return [*pieces, self._copied(kept, span[1])] if pieces else None

    def _tensor(self, span: Span) -> list[Piece] | None:
        """A tensor with its values inside; None if they are."""
        if self.walker.integer(span, TENSOR_LOCATION) != EXTERNAL:
            return None
        pieces: list[Piece] = []
        kept = span[0]
        described: dict[str, str] = {}
        for number, start, end, whole in self.walker.entries(span):
            if number == TENSOR_EXTERNAL_DATA:
                key = self.walker.text((start, end), ENTRY_KEY)
                described[key] = self.walker.text((start, end), ENTRY_VALUE)
            elif number != TENSOR_LOCATION:
                continue
            pieces.append(self._copied(kept, whole[0]))
            kept = whole[1]
        values = self._values(described)
        return [
            *pieces,
            self._copied(kept, span[1]),
            header(TENSOR_RAW_DATA, values.length),
            values,
        ]

    def _values(self, described: Mapping[str, str]) -> Slice:
        """Where the values of a tensor lie."""
        name = described.get("location", "")
        if name not in self._sizes:
            path = self._beside(name)
            self._sizes[name] = path, path.stat().st_size
        path, size = self._sizes[name]
        offset = self._number(described.get("offset", "0"))
        length = self._number(described.get("length") or str(size - offset))
        if offset + length > size:
            raise ModelInvalid(
                f"{self.onnx.name}: {name} has {size} bytes, and weights should lie at {offset} to "
                f"{offset + length}: it is cut off, or belongs to another model"
            )
        return Slice(path, offset, length)

    def _beside(self, name: str) -> Path:
        folder = self.onnx.parent.resolve()
        try:
            path = (folder / name).resolve()
        except (ValueError, OSError):
            path = folder
        # A name that leads out of the folder could be of any file of this machine.
        if ".." in Path(name).parts or Path(name).is_absolute() or folder not in path.parents:
            raise ModelInvalid(
                f"{self.onnx.name}: its weights lie in {printable(name, 80)!r}, outside of its "
                "folder: put them beside it and export it so"
            )
        if not path.is_file():
            raise ModelInvalid(
                f"{self.onnx.name}: there is no file {printable(name, 80)!r} beside it, in which "
                "its weights lie: copy it there"
            )
        return path

    def _number(self, text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) < 20):
            raise ModelInvalid(
                f"{self.onnx.name}: {printable(text, 40)!r} is no place of weights: export it anew"
            )
        return int(text)

    def _copied(self, start: int, end: int) -> Slice:
        return Slice(self.onnx, start, end - start)
