"""What a person who makes a mistake reads: one line that names it."""

import socket
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from framemesh.cli.app import app

PERSON = Path(__file__).parents[3] / "models/person"

PIPELINE = """\
name: street
stages:
  - name: people
    model: person
"""

MODEL = """\
name: person
file: model.onnx
labels: labels.txt
input:
  name: images
  width: 320
  height: 320
decoder:
  name: centernet
"""


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, list(map(str, arguments)))


def file(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def nobody() -> str:
    """An address where nothing listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


def assert_fails(result: Result, *words: str) -> None:
    assert result.exit_code == 1
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("error: ")
    for word in words:
        assert word in line


def test_broken_yaml_is_told_with_its_line(tmp_path: Path) -> None:
    path = file(tmp_path / "street.yaml", "name: street\nstages: [\n")
    assert_fails(run("pipeline", "apply", path), "street.yaml", "line 3")


def test_an_unknown_field_is_told_with_its_line(tmp_path: Path) -> None:
    path = file(tmp_path / "street.yaml", PIPELINE + "    modle: person\n")
    assert_fails(run("pipeline", "apply", path), "line 5", "stages[0].modle: is not a field")


def test_a_missing_field_is_told_with_the_line_of_its_stage(tmp_path: Path) -> None:
    path = file(tmp_path / "street.yaml", "name: street\nstages:\n  - name: people\n")
    assert_fails(run("pipeline", "apply", path), "line 3", "stages[0].model: is missing")


def test_a_stage_on_the_boxes_of_none_is_told_with_its_line(tmp_path: Path) -> None:
    path = file(tmp_path / "street.yaml", PIPELINE + "    for_each: cars\n")
    assert_fails(run("pipeline", "apply", path), "line 5", "no stage is named 'cars'")


def test_a_pipeline_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = tmp_path / "street.yaml"
    assert_fails(run("pipeline", "apply", path), f"cannot read {path}: no such file")


def test_a_pipeline_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "street.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    assert_fails(run("pipeline", "apply", path), f"cannot read {path}", "UTF-8")


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    line = f"{tmp_path} has neither an ONNX file nor a model.yaml"
    assert_fails(run("model", "submit", tmp_path), line)


def test_two_gigabytes_of_zeros_are_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "zeros.onnx"
    with path.open("wb") as zeros:
        zeros.truncate(2_000_000_000)  # takes no room on the disk
    began = time.monotonic()
    result = run("model", "check", path)
    assert_fails(result, "zeros.onnx is not an ONNX model that can be read: it is no protobuf")
    assert time.monotonic() - began < 5


def test_a_missing_model_file_is_told_with_its_field_and_line(tmp_path: Path) -> None:
    file(tmp_path / "model.yaml", MODEL)
    file(tmp_path / "labels.txt", "person\n")
    result = run("model", "submit", tmp_path)
    assert_fails(result, "line 2", f"file: there is no file {tmp_path / 'model.onnx'}")


def test_a_missing_file_of_labels_is_told_with_its_field_and_line(tmp_path: Path) -> None:
    file(tmp_path / "model.yaml", MODEL)
    result = run("model", "submit", tmp_path)
    assert_fails(result, "line 3", f"labels: there is no file {tmp_path / 'labels.txt'}")


def test_an_empty_file_of_labels_is_told_with_its_line(tmp_path: Path) -> None:
    file(tmp_path / "model.yaml", MODEL)
    file(tmp_path / "labels.txt", "\n")
    assert_fails(run("model", "submit", tmp_path), "line 3", "labels")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("name: centernet", "name: yolo", "no decoder 'yolo'; there are: anomaly, "),
        ("name: centernet", "name: ssd", "expects two outputs"),
        ("width: 384", "width: 640", "images"),
        ("dtype: uint8", "dtype: float32", "images"),
    ],
)
def test_a_model_that_does_not_fit_its_manifest_is_not_added(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    manifest = (PERSON / "model.yaml").read_text()
    assert old in manifest
    (tmp_path / "model.yaml").write_text(manifest.replace(old, new))
    (tmp_path / "1").mkdir()
    (tmp_path / "1/model.onnx").write_bytes((PERSON / "1/model.onnx").read_bytes())
    done = run("model", "submit", str(tmp_path))
    assert done.exit_code == 1
    assert told in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_source_that_is_not_there_is_named() -> None:
    result = run("push", "nowhere.mp4", "--pipeline", "street")
    assert_fails(result, "no source 'nowhere.mp4'", "webcam")


def test_a_file_that_is_neither_image_nor_video_is_named(tmp_path: Path) -> None:
    path = file(tmp_path / "notes.txt", "no frames in here")
    assert_fails(run("push", path, "--pipeline", "street"), "notes.txt is no video")


def test_a_folder_without_images_is_named(tmp_path: Path) -> None:
    assert_fails(run("push", tmp_path, "--pipeline", "street"), f"no images in {tmp_path}")


@pytest.mark.parametrize(
    "command",
    [
        ["pipeline", "list", "--master"],
        ["pipeline", "delete", "street", "--master"],
        ["model", "list", "--master"],
        ["watch", "street", "--monitor"],
        ["status", "--monitor"],
    ],
)
def test_a_service_that_is_not_there_is_named_with_what_to_do(
    command: list[str], nobody: str
) -> None:
    assert_fails(run(*command, nobody), f"nothing answers at {nobody}", "`framemesh up`")


def test_an_address_comes_from_the_environment_too(
    nobody: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRAMEMESH_MASTER", nobody)
    assert_fails(run("pipeline", "list"), nobody)


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["push"], ["push", "a.jpg", "--pipeline", "p", "--limit", "0"]]
)
def test_wrong_usage_has_an_exit_status_of_its_own(arguments: list[str]) -> None:
    assert run(*arguments).exit_code == 2
