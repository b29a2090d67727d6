"""Files that are named on the command line."""

from pathlib import Path

from framemesh.core.documents.yaml_document import Located
from framemesh.core.errors import Code, FramemeshError

MAX_NAMES = 20_000
"""Of classes; the largest data sets have that many."""


class FileUnreadable(FramemeshError):
    """A file that was named cannot be read."""

    code = Code.NOT_FOUND


class FileUnwritable(FramemeshError):
    """A file that was named cannot be written."""

    code = Code.INVALID


def read_bytes(path: Path) -> bytes:
    """The content of a file.

    Raises:
        FileUnreadable: it is not there, not a file, or not readable.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise FileUnreadable(f"cannot read {path}: {_why(error)}") from error


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` to a file, replacing it.

    Raises:
        FileUnwritable: there is no such folder, or it is not writable.
    """
    try:
        path.write_bytes(content)
    except OSError as error:
        raise FileUnwritable(f"cannot write {path}: {_why(error)}") from error


def read_text(path: Path) -> str:
    """The text of a file, without a byte order mark at its beginning.

    Raises:
        FileUnreadable: as for `read_bytes`, or it is not UTF-8.
    """
    try:
        return read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileUnreadable(f"cannot read {path}: it is not UTF-8 text") from error


def read_names(path: Path) -> tuple[str, ...]:
    """One name a line; blank lines at the end do not count.

    Raises:
        FileUnreadable: it is no text, has no names, or a blank line among them.
    """
    lines = [line.strip() for line in read_text(path).rstrip().split("\n")]
    if not any(lines) or len(lines) > MAX_NAMES:
        raise FileUnreadable(f"{path} has no names, or over {MAX_NAMES}: one label a line is meant")
    if "" in lines:
        raise FileUnreadable(
            f"{path}: line {lines.index('') + 1} is blank, which would shift the classes that "
            "follow: name that class, or remove the line"
        )
    return tuple(lines)


def read_document(path: Path) -> Located:
    """A YAML file.

    Raises:
        FileUnreadable: as for `read_text`.
        InvalidDocument: it is not YAML.
    """
    return Located(read_text(path), str(path))


def _why(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
