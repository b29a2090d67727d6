"""What is given as a model: a file, a folder, or an archive of one. Data only: no code."""

from pathlib import Path

from framemesh.cli.common.model_folder import MANIFEST
from framemesh.cli.submission.archive import is_archive, unpack
from framemesh.cli.submission.entries import ArchiveRefused
from framemesh.core.errors import Code, FramemeshError

PICKLES = frozenset({".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib"})
"""Loading one runs the code in it."""

OTHER_FORMATS = frozenset(
    {".safetensors", ".h5", ".keras", ".tflite", ".engine", ".plan", ".mlmodel", ".pdmodel"}
)

OTHER_ARCHIVES = (".7z", ".rar", ".bz2", ".xz", ".zst", ".gz", ".lz4")

MAX_NESTED = 4
"""Folders in which an archive has its one folder."""


class NoModel(FramemeshError):
    """There is no ONNX file, or more than one."""

    code = Code.INVALID


def located(given: Path, scratch: Path) -> Path:
    """The ONNX file that is meant, or the folder with a model.yaml.

    Args:
        scratch: a folder that archives are unpacked to.

    Raises:
        NoModel: there is none, or more than one.
        ArchiveRefused, FileUnreadable, FileUnwritable: an archive is refused.
    """
    suffix = given.suffix.lower()
    if is_archive(given) and not given.is_dir():
        folder = scratch / "unpacked"
        folder.mkdir()
        unpack(given, folder)
        return _in_folder(_only_folder(folder), given.name)
    if given.is_dir():
        return _in_folder(given, str(given))
    if given.name.lower().endswith(OTHER_ARCHIVES):
        raise ArchiveRefused(f"{given.name}: pack it as .zip, .tar or .tar.gz")
    if suffix in PICKLES | OTHER_FORMATS:
        raise NoModel(f"{given.name} is not taken: {_advice(suffix)}")
    return given


def _in_folder(folder: Path, name: str) -> Path:
    if (folder / MANIFEST).exists():
        return folder
    found = sorted(folder.glob("*.onnx"))
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(path.name for path in found[:5])
        raise NoModel(
            f"{name} has {len(found)} ONNX files ({names}): give one of them, or add a {MANIFEST} "
            "that names it"
        )
    for path in sorted(folder.iterdir()):
        if (suffix := path.suffix.lower()) in PICKLES | OTHER_FORMATS:
            raise NoModel(
                f"{name} has no ONNX file, and {path.name} is not taken: {_advice(suffix)}"
            )
    raise NoModel(
        f"{name} has neither an ONNX file nor a {MANIFEST}: export the model as ONNX and put it "
        "there"
    )


def _only_folder(folder: Path) -> Path:
    """The folder that an archive has in place of its files."""
    for _ in range(MAX_NESTED):
        inside = [*folder.iterdir()]
        if len(inside) != 1 or not inside[0].is_dir():
            break
        folder = inside[0]
    return folder


def _advice(suffix: str) -> str:
    if suffix in PICKLES:
        return (
            "loading it runs the code in it; where the model was trained, export it as ONNX "
            "(torch.onnx.export)"
        )
    return "export the model as ONNX"
