"""A model in one file, as it is sent: with the weights that lie in files beside it."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from framemesh.cli.common.files import FileUnreadable, FileUnwritable
from framemesh.modeling.weights import merge_weights


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder for what `one_file` writes, in the system's folder for temporary files."""
    with tempfile.TemporaryDirectory(prefix="framemesh-model-") as folder:
        yield Path(folder)


def one_file(onnx: Path, scratch: Path) -> Path:
    """The file itself or, where weights lie in other files, one in `scratch` that has them.

    Raises:
        ModelInvalid: weights are missing, or lie outside the folder of `onnx`.
        FileUnreadable, FileUnwritable: it is not there, or there is no room for the copy.
    """
    if not onnx.is_file():
        raise FileUnreadable(f"cannot read {onnx}: there is no such file")
    merged = scratch / onnx.name
    try:
        return merged if merge_weights(onnx, merged) else onnx
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise FileUnwritable(f"cannot write {onnx.name} as one file: {reason}") from error
