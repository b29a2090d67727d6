"""A model in an archive: what is taken, and what is refused in one line."""

import bz2
import gzip
import io
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from framemesh.cli.app import app
from framemesh.cli.submission import archive as archives
from framemesh.cli.submission.archive import unpack
from framemesh.cli.submission.entries import MAX_ENTRIES, ArchiveRefused
from framemesh.cli.submission.model_path import NoModel, located

MIB = 1024 * 1024
Files = dict[str, bytes]
MODEL: Files = {"model.onnx": b"\x08\x0a", "weights/a.data": b"1234"}


def zipped(path: Path, files: Files) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as content:
        for name, value in files.items():
            content.writestr(name, value)
    return path


def tarred(path: Path, files: Files) -> Path:
    with tarfile.open(path, "w:gz" if path.suffix.lower() != ".tar" else "w") as content:
        for name, value in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(value)
            content.addfile(entry, io.BytesIO(value))
    return path


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


def refused(path: Path, scratch: Path) -> str:
    with pytest.raises(ArchiveRefused) as error:
        located(path, scratch)
    return str(error.value)


PACKED: list[tuple[str, Callable[[Path, Files], Path]]] = [
    ("model.zip", zipped),
    ("model.tar", tarred),
    ("model.tar.gz", tarred),
    ("model.TGZ", tarred),
]


@pytest.mark.parametrize(("name", "packed"), PACKED)
@pytest.mark.parametrize("top", ["", "exported/v1/"])
def test_the_model_of_an_archive_lies_beside_its_weights(
    tmp_path: Path, scratch: Path, name: str, packed: Callable[[Path, Files], Path], top: str
) -> None:
    files = {f"{top}{path}": content for path, content in MODEL.items()}
    found = located(packed(tmp_path / name, files), scratch)
    assert found.name == "model.onnx"
    assert (found.parent / "weights/a.data").read_bytes() == b"1234"


OUTSIDE = "lies outside of the archive's folder"
COLLISIONS: list[tuple[Files, str]] = [
    ({"../evil.onnx": b""}, f"'../evil.onnx' {OUTSIDE}"),
    ({"a/../../evil": b""}, f"'a/../../evil' {OUTSIDE}"),
    ({"/etc/cron.d/evil": b""}, f"'/etc/cron.d/evil' {OUTSIDE}"),
    ({"C:\\evil": b""}, OUTSIDE),
    ({"a": b"", "./a": b"1"}, "'./a' is there twice"),
    ({"a": b"", "a/b": b"1"}, "'a/b' lies in a file"),
    ({"a/b": b"", "a": b"1"}, "'a' is there twice"),
    ({f"{n}": b"" for n in range(MAX_ENTRIES + 1)}, f" has over {MAX_ENTRIES} entries"),
]


@pytest.mark.parametrize(("name", "packed"), PACKED[:3], ids=["zip", "tar", "gzip"])
def test_names_that_lead_out_or_collide_are_refused(
    tmp_path: Path, name: str, packed: Callable[[Path, Files], Path]
) -> None:
    for at, (files, line) in enumerate(COLLISIONS):
        scratch = tmp_path / f"{at}"
        scratch.mkdir()
        assert line in refused(packed(tmp_path / name, files), scratch)
        assert not [*tmp_path.rglob("evil*")]


@pytest.mark.parametrize(("name", "packed"), [PACKED[0], PACKED[2]], ids=["zip", "gzip"])
def test_a_bomb_is_refused_before_it_fills_the_disk(
    tmp_path: Path, scratch: Path, name: str, packed: Callable[[Path, Files], Path]
) -> None:
    files = {f"{n}.data": bytes(16 * MIB) for n in range(8)}
    path = packed(tmp_path / name, files)
    tracemalloc.start()
    assert "MiB unpacked, more than a model of its size has" in refused(path, scratch)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16 * MIB
    assert sum(file.stat().st_size for file in scratch.rglob("*.data")) < 96 * MIB


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE]
)
def test_links_and_devices_of_a_tar_are_refused(tmp_path: Path, scratch: Path, kind: bytes) -> None:
    path = tmp_path / "model.tar"
    entry = tarfile.TarInfo("model.onnx")
    entry.type, entry.linkname = kind, "/etc/passwd"
    with tarfile.open(path, "w") as content:
        content.addfile(entry)
    assert "'model.onnx' is a link or a device: put the file itself" in refused(path, scratch)


def test_links_of_a_zip_are_refused(tmp_path: Path, scratch: Path) -> None:
    link = zipfile.ZipInfo("model.onnx")
    link.external_attr = 0o120777 << 16
    path = tmp_path / "model.zip"
    with zipfile.ZipFile(path, "w") as content:
        content.writestr(link, "/etc/passwd")
    assert "'model.onnx' is a link or a device: put the file itself" in refused(path, scratch)


def test_a_zip_with_another_compression_is_refused(tmp_path: Path, scratch: Path) -> None:
    path = tmp_path / "model.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as content:
        content.writestr("model.onnx", b"\x08\x0a")
    assert "'model.onnx' is not packed with deflate" in refused(path, scratch)


def test_headers_that_fill_the_memory_are_refused(tmp_path: Path, scratch: Path) -> None:
    entry = tarfile.TarInfo("model.onnx")
    entry.pax_headers = {f"key{n}": "x" * MIB for n in range(9)}
    with tarfile.open(tmp_path / "model.tar.gz", "w:gz", format=tarfile.PAX_FORMAT) as content:
        content.addfile(entry)
    line = f"cannot be unpacked: its headers take over {archives.MAX_HEADER_BYTES} bytes"
    assert line in refused(tmp_path / "model.tar.gz", scratch)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("model.zip", b"PK\x03\x04 and no more"),
        ("model.zip", b""),
        ("model.tar", b"not a tar" * 100),
        ("model.tar.gz", b"not a gzip file"),
        ("model.tgz", gzip.compress(b"x" * 5000)[:20]),
    ],
)
def test_what_is_no_archive_is_told(
    tmp_path: Path, scratch: Path, name: str, content: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert f"{name} cannot be unpacked: " in refused(path, scratch)


def test_a_damaged_entry_is_told(tmp_path: Path) -> None:
    path = zipped(tmp_path / "model.zip", {"model.onnx": bytes(range(256)) * 40})
    content = bytearray(path.read_bytes())
    content[100] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(ArchiveRefused, match="cannot be unpacked"):
        unpack(path, tmp_path)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("yolo.pt", "yolo.pt is not taken: loading it runs the code in it; where the model was"),
        ("model.pkl", "model.pkl is not taken: loading it runs the code in it"),
        ("model.safetensors", "model.safetensors is not taken: export the model as ONNX"),
        ("model.engine", "model.engine is not taken: export the model as ONNX"),
    ],
)
def test_other_formats_say_what_to_do(tmp_path: Path, scratch: Path, name: str, line: str) -> None:
    (tmp_path / name).write_bytes(b"\x80\x02}q\x00.")
    with pytest.raises(NoModel) as error:
        located(tmp_path / name, scratch)
    assert str(error.value).startswith(line)
    with pytest.raises(NoModel) as error:
        located(zipped(tmp_path / "model.zip", {name: b""}), scratch)
    assert str(error.value).startswith(f"model.zip has no ONNX file, and {line}")


def test_other_archives_say_what_to_do(tmp_path: Path, scratch: Path) -> None:
    path = tmp_path / "model.tar.bz2"
    path.write_bytes(bz2.compress(b""))
    assert refused(path, scratch) == "model.tar.bz2: pack it as .zip, .tar or .tar.gz"


@pytest.mark.parametrize(
    ("files", "line"),
    [
        ({}, "model.zip has neither an ONNX file nor a model.yaml"),
        ({"train.py": b""}, "model.zip has neither an ONNX file nor a model.yaml"),
        (
            {"a.onnx": b"", "b.onnx": b""},
            "model.zip has 2 ONNX files (a.onnx, b.onnx): give one of them, or add a model.yaml",
        ),
    ],
)
def test_an_archive_without_one_model_is_told(
    tmp_path: Path, scratch: Path, files: Files, line: str
) -> None:
    with pytest.raises(NoModel) as error:
        located(zipped(tmp_path / "model.zip", files), scratch)
    assert str(error.value).startswith(line)


def test_the_command_takes_an_archive_and_refuses_in_one_line(tmp_path: Path) -> None:
    person = Path(__file__).parents[3] / "models/person"
    files = {name: (person / name).read_bytes() for name in ("model.yaml", "1/model.onnx")}
    said = CliRunner().invoke(app, ["model", "check", str(zipped(tmp_path / "p.zip", files))])
    assert "fits its model.yaml" in said.stdout
    bad = tarred(tmp_path / "bad.tar.gz", {"../model.onnx": b""})
    said = CliRunner().invoke(app, ["model", "check", str(bad)])
    assert said.exit_code == 1
    assert said.stderr == (
        "error: bad.tar.gz: '../model.onnx' lies outside of the archive's folder\n"
    )
