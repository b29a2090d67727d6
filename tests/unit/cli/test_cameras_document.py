"""cameras.yaml: what holds for each camera, and what is wrong with a file."""

from pathlib import Path

import pytest

from framemesh.cli.cameras.document import read_cameras
from framemesh.cli.cameras.entry_source import entry_source
from framemesh.core.documents.document import InvalidDocument
from framemesh.sources.errors import BadSecret
from framemesh.sources.spec import Kind, Transport

GOOD = """
defaults:
  pipeline: street
  fps: 5
  transport: udp
cameras:
  - name: door
    source: rtsp://10.0.0.7/s
    user: admin
    password: {file: %s}
  - name: yard
    source: pattern
    pipeline: yard
    fps: 2.5
    resize: 640x360
"""


TWICE = """
defaults: {pipeline: s}
cameras: [{name: a, source: pattern},
  {name: a, source: webcam}]
"""


def written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_a_camera_has_what_the_defaults_say_unless_it_says_otherwise(tmp_path: Path) -> None:
    password = written(tmp_path / "door.password", "S3cret\n")
    file = written(tmp_path / "cameras.yaml", GOOD % password)
    door, yard = read_cameras(file)
    assert (door.pipeline, door.fps, yard.pipeline, yard.fps) == ("street", 5, "yard", 2.5)
    spec = entry_source(door)
    assert (spec.kind, spec.transport, spec.user) == (Kind.STREAM, Transport.UDP, "admin")
    assert spec.password == "S3cret"  # noqa: S105
    assert "S3cret" not in repr(door) + repr(spec)
    assert entry_source(yard).max_width == 640


def test_a_password_that_is_not_there_is_told_when_the_camera_starts(tmp_path: Path) -> None:
    file = written(tmp_path / "cameras.yaml", GOOD % "/nowhere/password")
    door, _ = read_cameras(file)
    with pytest.raises(BadSecret, match="/nowhere/password"):
        entry_source(door)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("cameras: [{name: a, source: pattern}]", r"line 1: cameras\[0\]\.pipeline: is missing"),
        ("cameras: []", "cameras"),
        ("defaults: {pipeline: s}\ncameras: [{name: a b, source: pattern}]", "bad name 'a b'"),
        ("defaults: {pipelin: s}\ncameras: [{name: a, source: pattern}]", "line 1.*not a field"),
        (
            TWICE,
            "line 4: .*a is there twice",
        ),
        (
            "defaults: {pipeline: s}\ncameras: [{name: a, source: x, password: {env: A, file: b}}]",
            "name either env or file",
        ),
        ("defaults: {pipeline: s}\ncameras: [{name: a, source: x, password: hunter2}]", "password"),
        ("defaults: {pipeline: s}\ncameras: [{name: a, source: x, fps: 0}]", "fps"),
        ("- no", "cameras.yaml"),
    ],
)
def test_what_is_wrong_is_told_with_its_line_and_field(
    tmp_path: Path, text: str, words: str
) -> None:
    with pytest.raises(InvalidDocument, match=words):
        read_cameras(written(tmp_path / "cameras.yaml", text))
