"""Which implementation prepares images, and what is said where it is not the native one."""

import shutil
import subprocess
from pathlib import Path

import pytest

from framemesh.pixels import chosen, library, opencv
from framemesh.pixels.native import NativePreparation


def compiled(folder: Path, source: str) -> Path:
    """A library of C source."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("there is no C compiler")
    made = folder / "made.so"
    command = (compiler, "-shared", "-fPIC", "-x", "c", "-", "-o", str(made))
    subprocess.run(command, input=source, text=True, check=True, timeout=30)
    return made


def test_the_variable_leaves_the_library_out() -> None:
    assert chosen.choose("opencv") == (opencv.prepare, "is left out by FRAMEMESH_PIXELS")


def test_the_library_is_chosen_where_it_is() -> None:
    prepare, missing = chosen.choose("")
    if library.FILE.exists():
        assert isinstance(prepare, NativePreparation)
        assert not missing
    else:
        assert prepare is opencv.prepare
        assert missing == "was not built"


def test_a_library_that_does_not_fit_is_not_used(tmp_path: Path) -> None:
    with pytest.raises(library.NotUsable, match="was not built"):
        library.load(tmp_path / "none.so")
    broken = tmp_path / "broken.so"
    broken.write_bytes(b"no library")
    with pytest.raises(library.NotUsable, match="cannot be loaded"):
        library.load(broken)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("int other(void) { return 1; }", "cannot be loaded"),
        (
            """int framemesh_pixels_interface(void) { return 999; }
            int framemesh_pixels_prepare(void) { return 0; }""",
            "is of another version",
        ),
    ],
)
def test_a_library_of_another_version_is_not_used(tmp_path: Path, source: str, said: str) -> None:
    with pytest.raises(library.NotUsable, match=said):
        library.load(compiled(tmp_path, source))
