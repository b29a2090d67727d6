"""What `framemesh model check` and `model submit FILE` say."""

import re
import sys
from pathlib import Path

import cv2
import onnx
import pytest
from typer.testing import CliRunner

from framemesh.cli.commands.model import app
from framemesh.cli.common.files import read_names
from framemesh.cli.common.model_folder import read_model_folder
from framemesh.cli.inspection import inspect as inspection
from framemesh.cli.inspection import sight
from framemesh.cli.submission.model_path import located
from framemesh.core.errors import FramemeshError
from tests.model_families.signatures import SIGNATURES

PERSON = Path(__file__).parents[3] / "models/person"
CHOICE = ("--decoder", "classification", "--prepare", "imagenet")


@pytest.fixture(autouse=True)
def runtime(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests' own environment has the same onnxruntime as workers."""
    monkeypatch.setattr(inspection, "runtime_python", lambda: Path(sys.executable))


@pytest.fixture
def classifier(tmp_path: Path) -> Path:
    path = tmp_path / "birds.onnx"
    path.write_bytes(SIGNATURES["a classifier with softmax"].file())
    return path


def say(*arguments: object) -> tuple[int, str]:
    """Exit status and all that is said."""
    result = CliRunner().invoke(app, [str(each) for each in arguments])
    return result.exit_code, result.output


def test_what_cannot_be_told_is_listed_with_what_to_say(classifier: Path) -> None:
    status, said = say("check", classifier)
    assert status == 1
    assert "--decoder classification --prepare imagenet|unit|signed|raw|raw-bgr" in said
    assert "ran  one image in" in said


def test_what_is_chosen_is_told_as_a_manifest_that_can_be_used(classifier: Path) -> None:
    manifest = classifier.with_name("model.yaml")
    status, said = say("check", classifier, *CHOICE, "--write", manifest)
    assert status == 0
    assert "# you said so" in said
    written = read_model_folder(classifier.parent).manifest
    assert written.name == "birds"
    assert written.decoder.name == "classification"
    assert say("check", classifier.parent)[0] == 0


def test_labels_beside_the_model_are_taken(classifier: Path) -> None:
    names = [f"bird {number}" for number in range(10)]
    classifier.with_name("labels.txt").write_text("\n".join(names) + "\n")
    assert "labels: [bird 0, " in say("check", classifier, *CHOICE)[1]


def test_a_folder_is_run_as_its_manifest_says() -> None:
    status, said = say("check", PERSON)
    assert status == 0
    assert "fits its model.yaml" in said
    assert "ran  one image in" in said


def test_a_folder_with_one_onnx_file_is_that_file(classifier: Path) -> None:
    assert located(classifier.parent, classifier.parent) == classifier
    assert located(PERSON, PERSON) == PERSON


def test_tensors_that_fit_no_decoder_are_told_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "odd.onnx"
    float32, int64 = onnx.TensorProto.FLOAT, onnx.TensorProto.INT64
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Shape", ["x"], ["sides"])],
        "odd",
        [onnx.helper.make_tensor_value_info("x", float32, [1, 3, 64, 64])],
        [onnx.helper.make_tensor_value_info("sides", int64, [4])],
    )
    opsets = [onnx.helper.make_opsetid("", 18)]
    onnx.save(onnx.helper.make_model(graph, opset_imports=opsets, ir_version=10), path)
    status, said = say("submit", path)
    assert status == 1
    assert said == (
        "error: odd.onnx fits no decoder: it has x FP32 [1, 3, 64, 64] -> sides INT64 [4]; "
        "describe it in a model.yaml if you know which decoder reads it\n"
    )


def test_nothing_is_sent_of_what_cannot_be_told(classifier: Path) -> None:
    status, said = say("submit", classifier)
    assert status == 1
    assert "birds.onnx was not registered" in said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--prepare", "magic"), "--prepare magic: there is letterbox"),
        (("--size", "big"), "--size big: give WIDTHxHEIGHT"),
        ((*CHOICE, "--labels", "imagenet"), "has 10 classes, and ImageNet 1000 (1001 with a b"),
        (("--labels", "/nowhere"), "cannot read /nowhere"),
        (("--image", "/nowhere.jpg"), "cannot read /nowhere.jpg"),
        (("--decoder", "magic"), "there is no decoder magic"),
    ],
)
def test_a_wrong_option_is_named(classifier: Path, options: tuple[str, str], said: str) -> None:
    status, output = say("check", classifier, *options)
    assert status == 1
    assert said in output


def in_two_files(model: Path) -> None:
    """As torch exports it today."""
    onnx.save_model(
        onnx.load(model),
        model,
        save_as_external_data=True,
        location=f"{model.name}.data",
        size_threshold=0,
    )


def test_weights_in_a_second_file_are_part_of_the_model(classifier: Path) -> None:
    in_two_files(classifier)
    assert classifier.with_name("birds.onnx.data").exists()
    assert say("check", classifier, *CHOICE)[0] == 0


def test_weights_that_were_left_behind_are_named(classifier: Path) -> None:
    in_two_files(classifier)
    classifier.with_name("birds.onnx.data").unlink()
    status, said = say("check", classifier, *CHOICE)
    assert status == 1
    assert "birds.onnx: there is no file 'birds.onnx.data' beside it" in said


def test_a_blank_line_among_names_is_refused_not_dropped(tmp_path: Path) -> None:
    path = tmp_path / "names.txt"
    path.write_text("cat\n\ndog\n\n")
    with pytest.raises(FramemeshError, match="line 2 is blank"):
        read_names(path)
    path.write_text("0\nyes\n\n")
    assert read_names(path) == ("0", "yes")


def test_what_a_model_sees_is_said_and_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sight, "runtime_python", lambda: Path(sys.executable))
    status, said = say("check", PERSON, "--save", tmp_path / "seen.jpg")
    assert status == 0
    assert re.search(r"On a frame of the bundled clip it sees \d+ person 0\.", said)
    assert cv2.imread(str(tmp_path / "seen.jpg")) is not None


def test_an_answer_that_cannot_be_read_is_one_line(
    classifier: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sight, "runtime_python", lambda: Path(sys.executable))
    logits = SIGNATURES["many labels"].file()
    classifier.write_bytes(logits)
    manifest = classifier.with_name("model.yaml")
    options = ("--decoder", "multi-label", "--prepare", "unit", "--write", manifest)
    assert say("check", classifier, *options)[0] == 0
    manifest.write_text(manifest.read_text().replace("multi-label", "classification"))
    manifest.write_text(manifest.read_text().replace("activation: none", "activation: auto"))
    assert say("check", classifier.parent)[0] == 1
