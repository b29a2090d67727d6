"""Reading the files that a person names."""

from pathlib import Path

from framemesh.core.document import Located
from framemesh.core.errors import Code, FramemeshError


class FileUnreadable(FramemeshError):
    """A file that was named cannot be read."""

    code = Code.NOT_FOUND


def read_bytes(path: Path) -> bytes:
    """What a file holds.

    Raises:
        FileUnreadable: it is not there, not a file, or not ours to read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise FileUnreadable(f"cannot read {path}: {why}") from error


def read_text(path: Path) -> str:
    """The text of a file.

    Raises:
        FileUnreadable: as for `read_bytes`, or it is not UTF-8.
    """
    try:
        return read_bytes(path).decode()
    except UnicodeDecodeError as error:
        raise FileUnreadable(f"cannot read {path}: it is not UTF-8 text") from error


def read_document(path: Path) -> Located:
    """A YAML file.

    Raises:
        FileUnreadable: as for `read_text`.
        InvalidDocument: it is not YAML.
    """
    return Located(read_text(path), str(path))
