"""Files that people give, with damage: each is taken, or refused with a line that names it."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framemesh.cli.cameras.document import read_cameras
from framemesh.cli.commands.pipeline import read_pipeline
from framemesh.cli.common.model_folder import read_model_folder
from framemesh.cli.submission.model_path import located
from framemesh.core.errors import FramemeshError
from tests.fuzzing import damaged, damaged_inputs
from tests.unit.cli.test_model_archives import MODEL, tarred, zipped

PIPELINE = b"""\
name: street
stages:
  - {name: people, model: person, model_version: 3}
  - {name: faces, model: face, crops_of: people, labels: [person, rider]}
delivery: {order: per_camera, max_attempts: 2}
buffer: {shards: 9, max_bytes: 2 GiB, replicas: 3}
workers: {min: 1, max: 8, objective: {age_p99: 2s}, node_labels: {zone: "a"}}
"""

CAMERAS = b"""\
defaults: {pipeline: street, fps: 5}
cameras:
  - {name: north, source: "rtsp://10.0.0.1/stream", user: me, password: {file: /run/secrets/north}}
  - {name: south, source: "http://10.0.0.2/mjpeg", resize: 640x360}
"""

MANIFEST = b"""\
name: person
file: model.onnx
max_batch: 8
labels: [person, 0, yes]
input: {name: images, width: 384, height: 288, fit: stretch, color: bgr, layout: nhwc, dtype: uint8}
decoder: {name: centernet, score_threshold: 0.4}
"""

TOKENS = (
    *(b"null", b"yes", b"-1", b"1e999", b".nan", b"2024-13-45", b"12:99:99", b"9" * 5_000),
    *(b"&a [*a]", b"*a", b"? [a]: b", b"!!binary x", b"!!python/name:os.system", b"<<: ", b"\t"),
    *(b"{", b"[" * 300, b"\x00", b"\xff", b"\xef\xbb\xbf", b"--- ", b"% ", b"| ", b"'", b'"'),
)


def assert_named(error: FramemeshError, name: str) -> None:
    assert name in str(error).partition("\n")[0]


DOCUMENTS: dict[str, tuple[bytes, Callable[[Path], object]]] = {
    "pipeline.yaml": (PIPELINE, read_pipeline),
    "cameras.yaml": (CAMERAS, read_cameras),
    "model.yaml": (MANIFEST, lambda path: read_model_folder(path.parent)),
}


@pytest.fixture(params=DOCUMENTS)
def document(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A place for the document of this name."""
    (tmp_path / "model.onnx").write_bytes(b"")
    return tmp_path / str(request.param)


def test_a_document_without_damage_is_taken(document: Path) -> None:
    whole, read = DOCUMENTS[document.name]
    document.write_bytes(whole)
    assert read(document)


@damaged_inputs
@given(data=st.data())
def test_a_damaged_document(document: Path, data: st.DataObject) -> None:
    whole, read = DOCUMENTS[document.name]
    document.write_bytes(data.draw(damaged(whole, TOKENS)))
    try:
        read(document)
    except FramemeshError as error:
        assert_named(error, document.name)


@pytest.mark.parametrize("token", TOKENS)
@pytest.mark.parametrize("before", [b"", b"a: ", b"- "])
def test_what_yaml_makes_something_else_of(tmp_path: Path, before: bytes, token: bytes) -> None:
    path = tmp_path / "pipeline.yaml"
    path.write_bytes(before + token)
    with pytest.raises(FramemeshError, match=r"pipeline\.yaml"):
        read_pipeline(path)


BOMB = b"a: &a [x, x, x, x, x, x, x, x, x]\n" + b"".join(
    b"%c: &%c [%s]\n" % (at, at, b", ".join([b"*%c" % (at - 1)] * 9)) for at in range(98, 122)
)
"""Nine to the power of 25 values in a kilobyte."""


def test_a_document_whose_parts_stand_for_each_other_is_refused_soon(tmp_path: Path) -> None:
    path = tmp_path / "pipeline.yaml"
    path.write_bytes(BOMB)
    with pytest.raises(FramemeshError, match=r"pipeline\.yaml"):
        read_pipeline(path)


KINDS = {"model.zip": zipped, "model.tar": tarred, "model.tar.gz": tarred}


@pytest.mark.parametrize("name", KINDS)
@damaged_inputs
@given(data=st.data())
def test_an_archive(
    tmp_path_factory: pytest.TempPathFactory, name: str, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("archive")
    path = folder / name
    whole = KINDS[name](path, MODEL).read_bytes()
    path.write_bytes(data.draw(damaged(whole)))
    scratch = folder / "scratch"
    scratch.mkdir()
    try:
        found = located(path, scratch)
    except FramemeshError as error:
        assert_named(error, name)
    else:
        assert found.resolve().is_relative_to(scratch.resolve())
    finally:
        shutil.rmtree(folder)
