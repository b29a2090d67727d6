"""No file is called what it is not: with its metadata, without it, with other names and orders."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest

from framemesh.modeling.errors import ModelInvalid
from framemesh.modeling.recognition.choice import Choice
from framemesh.modeling.recognition.coco import COCO
from framemesh.modeling.recognition.draft import model_name
from framemesh.modeling.recognition.facts import read_facts
from framemesh.modeling.recognition.metadata import literal, ultralytics_metadata
from framemesh.modeling.recognition.recognise import recognise
from framemesh.modeling.recognition.result import Candidates, Recognised
from tests.model_families.disguises import DISGUISES, disguised
from tests.model_families.families import ALL, family
from tests.model_families.graphs import FamilyGraph
from tests.model_families.named_signatures import NAMED_SIGNATURES
from tests.model_families.recognition import look
from tests.model_families.signatures import SIGNATURES, Signature, channels, ultralytics

FILES = {**SIGNATURES, **NAMED_SIGNATURES}


def decoders(found: Recognised | Candidates) -> set[str]:
    """The one that was recognised, or the candidates."""
    if isinstance(found, Recognised):
        return {found.guess.decoder}
    return {each.guess.decoder for each in found.possible}


@pytest.mark.parametrize("signature", FILES.values(), ids=FILES)
def test_a_file_as_exported_is_recognised_or_its_family_is_named(
    signature: Signature, tmp_path: Path
) -> None:
    found = look(tmp_path / "model.onnx", signature.file())
    assert isinstance(found, Recognised) is signature.told
    assert signature.decoder in decoders(found)
    if isinstance(found, Recognised):
        assert found.manifest is not None, found.unsupported


@pytest.mark.parametrize("disguise", DISGUISES)
@pytest.mark.parametrize("signature", FILES.values(), ids=FILES)
def test_a_file_that_says_less_is_recognised_or_its_family_is_named_and_can_be_chosen(
    signature: Signature, disguise: str, tmp_path: Path
) -> None:
    content = disguised(signature.file(), disguise)
    found = look(tmp_path / "model.onnx", content)
    assert signature.decoder in decoders(found)
    if isinstance(found, Candidates):
        found = look(tmp_path / "model.onnx", content, choice_of(found, signature.decoder))
    assert isinstance(found, Recognised)
    assert found.guess.decoder == signature.decoder
    assert found.manifest is not None, found.unsupported


def choice_of(found: Candidates, decoder: str) -> Choice:
    """What a user says to choose the first candidate with this decoder."""
    one = next(each for each in found.possible if each.guess.decoder == decoder)
    labels = tuple(f"class {number}" for number in range(one.guess.classes or 91))
    return Choice(
        decoder=decoder,
        output=one.guess.options.get("output", ""),
        preparation=one.guess.preparations[0].name,
        labels=labels if not one.guess.labels else (),
        labels_from="names.txt",
    )


@pytest.mark.parametrize("name", ALL)
def test_no_file_of_any_family_is_taken_for_another(name: str, tmp_path: Path) -> None:
    model = family(name)
    for disguise in DISGUISES:
        found = look(tmp_path / "model.onnx", disguised(model.file, disguise))
        assert isinstance(found, Candidates) or found.guess.decoder == model.decoder.name


@pytest.mark.parametrize("signature", FILES.values(), ids=FILES)
def test_without_an_inference_only_what_is_written_counts(
    signature: Signature, tmp_path: Path
) -> None:
    path = tmp_path / "model.onnx"
    for disguise in DISGUISES:
        path.write_bytes(disguised(signature.file(), disguise))
        found = recognise(read_facts(path), Choice(), None)
        if isinstance(found, Recognised):
            assert found.guess.decoder == signature.decoder


def test_detectors_of_tensorflow_may_count_classes_as_cocos_own_files_do(tmp_path: Path) -> None:
    file = NAMED_SIGNATURES["TensorFlow"].file()
    choice = Choice(decoder="tf-detection", labels_from="coco-90")
    numbered = look(tmp_path / "m.onnx", file, choice)
    assert isinstance(numbered, Recognised)
    assert numbered.draft.document["labels"][16] == "cat"  # COCO's number 17
    assert len(numbered.draft.document["labels"]) == 90
    in_a_row = look(tmp_path / "m.onnx", file, replace(choice, labels_from="coco"))
    assert isinstance(in_a_row, Recognised)
    assert "say coco-90" in in_a_row.draft.reasons["labels"]


def test_of_several_heads_the_user_names_one(tmp_path: Path) -> None:
    heads = NAMED_SIGNATURES["two heads"].file()
    choice = Choice(decoder="classification", preparation="imagenet")
    open_choice = look(tmp_path / "m.onnx", heads, choice)
    assert isinstance(open_choice, Candidates)
    assert [each.choose for each in open_choice.possible] == [
        "--decoder classification --output gender --prepare imagenet",
        "--decoder classification --output age --prepare imagenet",
    ]
    found = look(tmp_path / "m.onnx", heads, replace(choice, output="age"))
    assert isinstance(found, Recognised)
    assert found.manifest is not None
    assert found.manifest.decoder.output == "age"
    with pytest.raises(ModelInvalid, match="--output height: the model has gender, age"):
        look(tmp_path / "m.onnx", heads, replace(choice, output="height"))


def test_every_field_of_the_manifest_has_its_reason(tmp_path: Path) -> None:
    found = look(tmp_path / "helmet v2.onnx", SIGNATURES["YOLOv8"].file())
    assert isinstance(found, Recognised)
    document = found.draft.document
    nested = [f"{name}.{key}" for name in ("input", "decoder") for key in document[name]]
    plain = [name for name in document if name not in ("input", "decoder", "file")]
    assert {*nested, *plain} <= set(found.draft.reasons)
    assert document["name"] == "helmet-v2"
    assert document["labels"][:2] == ["name 0", "name 1"]


def test_values_that_contradict_the_metadata_are_not_believed(tmp_path: Path) -> None:
    values = channels(84, 80)
    values[0, 20] = -7.0  # logits where scores should be
    graph = FamilyGraph("images", (1, 3, 640, 640))
    graph.output("output0", values)
    found = look(tmp_path / "model.onnx", graph.save(ultralytics("detect", 80)))
    assert isinstance(found, Candidates)
    assert any("between 0 and 1" in line for line in found.rejected)


def test_boxes_that_are_decoded_already_are_not_taken_for_raw_yolox(tmp_path: Path) -> None:
    values = np.zeros((1, 8400, 85), np.float32)
    values[0, 6500, :6] = (300, 200, 60, 90, 0.99, 0.9)
    graph = FamilyGraph("images", (1, 3, 640, 640))
    graph.output("output", values)
    found = look(tmp_path / "model.onnx", graph.save())
    assert isinstance(found, Candidates)
    assert "yolov5" in {each.guess.decoder for each in found.possible}


def test_the_user_chooses_among_candidates(tmp_path: Path) -> None:
    choice = Choice(decoder="classification", preparation="imagenet")
    found = look(tmp_path / "m.onnx", SIGNATURES["a classifier with logits"].file(), choice)
    assert isinstance(found, Recognised)
    assert found.manifest is not None
    assert found.manifest.input.mean == (0.485, 0.456, 0.406)
    assert found.manifest.labels[999] == "class 999"


def test_a_choice_that_the_values_contradict_is_refused(tmp_path: Path) -> None:
    choice = Choice(decoder="classification", preparation="imagenet")
    with pytest.raises(ModelInvalid, match="do not sum to 1"):
        look(tmp_path / "m.onnx", SIGNATURES["many labels"].file(), choice)


def test_labels_are_as_many_as_classes(tmp_path: Path) -> None:
    content = disguised(SIGNATURES["YOLOv8"].file(), "without metadata")
    with pytest.raises(ModelInvalid, match="has 2 labels, and the model 80 classes"):
        look(tmp_path / "m.onnx", content, Choice(labels=("a", "b"), labels_from="names.txt"))
    named = look(tmp_path / "m.onnx", content, Choice(labels_from="coco"))
    assert isinstance(named, Recognised)
    assert named.draft.document["labels"] == list(COCO)
    beside = look(tmp_path / "m.onnx", content, Choice(beside=("a",), beside_file="labels.txt"))
    assert isinstance(beside, Recognised)
    assert beside.draft.document["labels"][0] == "class 0"


@pytest.mark.parametrize(("classes", "first"), [(1000, "tench"), (1001, "background")])
def test_a_classifier_of_as_many_classes_as_imagenet_may_take_its_names(
    classes: int, first: str, tmp_path: Path
) -> None:
    graph = FamilyGraph("input", (1, 3, 224, 224))
    graph.output("output", np.linspace(-3, 5, classes, dtype=np.float32)[None])
    found = look(tmp_path / "m.onnx", graph.save())
    assert isinstance(found, Candidates)
    (classifier,) = (each for each in found.possible if each.guess.decoder == "classification")
    assert classifier.choose.endswith("[--labels imagenet]")
    choice = Choice(decoder="classification", preparation="imagenet")
    nameless = look(tmp_path / "m.onnx", graph.save(), choice)
    assert isinstance(nameless, Recognised)
    assert nameless.draft.document["labels"][0] == "class 0"
    assert nameless.draft.reasons["labels"].endswith("(imagenet has as many)")
    named = look(tmp_path / "m.onnx", graph.save(), replace(choice, labels_from="imagenet"))
    assert isinstance(named, Recognised)
    assert named.draft.document["labels"][0] == first
    assert named.draft.document["labels"][-1] == "toilet tissue"
    assert len(set(named.draft.document["labels"])) == classes


def test_answers_that_are_no_numbers_are_an_error(tmp_path: Path) -> None:
    values = channels(84, 80)
    values[0, 10, 10] = np.nan
    graph = FamilyGraph("images", (1, 3, 640, 640))
    graph.output("output0", values)
    with pytest.raises(ModelInvalid, match="output0 has NaN"):
        look(tmp_path / "m.onnx", graph.save())


@pytest.mark.parametrize(
    "metadata",
    [
        {"stride": "32", "names": "__import__('os').system('true')"},
        {"stride": "32", "names": "(" * 5000},
        {"stride": "32", "names": "{1: 'a'}"},
        {"stride": "32", "names": "{'a': 1}"},
        {"stride": "32", "names": "[]"},
        {"names": "['a']"},
    ],
)
def test_metadata_that_is_not_what_it_should_be_counts_as_none(
    metadata: Mapping[str, str],
) -> None:
    assert ultralytics_metadata(metadata) is None


def test_literals_are_data_and_never_run() -> None:
    assert literal("{'nms': True}") == {"nms": True}
    assert literal("open('x')") is None
    assert literal("9" * 10_000) is None


def test_the_name_of_a_model_is_the_files() -> None:
    assert model_name("Hélm/et v2.onnx") == "H-lm-et-v2"
    assert model_name("日本.onnx") == "model"


def test_what_only_the_values_tell_goes_into_the_manifest(tmp_path: Path) -> None:
    poses = disguised(SIGNATURES["YOLOv8-pose"].file(), "without metadata")
    found = look(tmp_path / "m.onnx", poses)
    assert isinstance(found, Recognised)
    assert found.manifest is not None
    assert found.manifest.decoder.keypoints == 17
    choice = Choice(decoder="multi-label", preparation="unit")
    labels = look(tmp_path / "m.onnx", SIGNATURES["many labels"].file(), choice)
    assert isinstance(labels, Recognised)
    assert labels.draft.document["decoder"]["activation"] == "none"


def test_inputs_beside_the_image_have_their_values(tmp_path: Path) -> None:
    graph = FamilyGraph("pixel_values", (1, 3, 64, 64))
    graph.output("logits", np.full((1, 10, 4), -5, np.float32))
    graph.output("pred_boxes", np.full((1, 10, 4), 0.5, np.float32))
    model = onnx.load_from_string(graph.save())
    shape = [1, 64, 64]
    mask = onnx.helper.make_tensor_value_info("pixel_mask", onnx.TensorProto.INT64, shape)
    model.graph.input.append(mask)
    found = look(tmp_path / "m.onnx", model.SerializeToString())
    assert isinstance(found, Recognised)
    assert found.manifest is not None
    assert found.manifest.constants == {"pixel_mask": 1}


def test_a_custom_that_several_families_have_is_not_assumed(tmp_path: Path) -> None:
    """Conditional DETR without its mask looks as RT-DETR does, and takes other values."""
    graph = FamilyGraph("pixel_values", (1, 3, 800, 800))
    graph.output("logits", np.full((1, 300, 91), -5, np.float32))
    graph.output("pred_boxes", np.full((1, 300, 4), 0.5, np.float32))
    found = look(tmp_path / "m.onnx", graph.save())
    assert isinstance(found, Candidates)
    assert [each.choose for each in found.possible] == [
        "--decoder rt-detr-logits --prepare unit|imagenet [--labels coco]"
    ]


def test_a_name_that_anyone_may_choose_is_no_evidence(tmp_path: Path) -> None:
    graph = FamilyGraph("input", (1, 3, 224, 224))
    graph.output("out", np.ones((1, 5, 224, 224), np.float32))
    assert isinstance(look(tmp_path / "m.onnx", graph.save()), Candidates)


def test_what_is_asked_of_a_reader_is_told_by_its_answers(tmp_path: Path) -> None:
    logits = np.full((20, 1, 37), -2.0, np.float32)
    logits[:, 0, 36], logits[5, 0, 36], logits[5, 0, 10] = 4.0, 0.0, 6.0
    graph = FamilyGraph("image", (1, 3, 60, 160))
    graph.output("logits", logits, declared=(20, "batch", 37))
    choice = Choice(decoder="ctc", preparation="raw-bgr")
    found = look(tmp_path / "m.onnx", graph.save(), choice)
    assert isinstance(found, Recognised)
    assert found.manifest is not None, found.unsupported
    assert found.manifest.decoder.steps_first
    assert found.manifest.decoder.blank == -1
    assert found.manifest.decoder.activation == "softmax"
    assert found.manifest.max_batch == 1


def test_an_output_of_other_dimensions_than_declared_is_named(tmp_path: Path) -> None:
    graph = FamilyGraph("image", (1, 1, 64, 160))
    graph.output("387", np.full((20, 1, 37), -2.0, np.float32), declared=(1, "length"))
    found = look(tmp_path / "m.onnx", graph.save(), Choice(decoder="ctc", preparation="unit"))
    assert isinstance(found, Recognised)
    assert "declares the output 387 FP32 [1, -1], and its answer has 3 dim" in found.unsupported


def test_a_reader_of_paddleocr_takes_blue_first_and_lines_of_48_rows(tmp_path: Path) -> None:
    steps = np.full((1, 40, 14), 1 / 14, np.float32)
    graph = FamilyGraph("x", (1, 3, "height", "width"))
    graph.output("softmax_11.tmp_0", steps, declared=("batch", "steps", 14))
    found = look(tmp_path / "m.onnx", graph.save({"character": "\n".join("abcdefghijkl")}))
    assert isinstance(found, Recognised)
    assert found.manifest is not None, found.unsupported
    prepared = found.manifest.input
    assert (prepared.width, prepared.height, prepared.color) == (320, 48, "bgr")
    assert found.draft.reasons["input.width"].startswith("the file leaves it open")


def test_a_classifier_of_rapidai_names_its_classes(tmp_path: Path) -> None:
    graph = FamilyGraph("x", (1, 3, 224, 224))
    graph.output("fetch_name_0", np.array([[0.7, 0.1, 0.1, 0.1]], np.float32))
    choice = Choice(decoder="classification", preparation="imagenet")
    found = look(tmp_path / "m.onnx", graph.save({"character": "0\n90\n180\n270"}), choice)
    assert isinstance(found, Recognised)
    assert found.draft.document["labels"] == ["0", "90", "180", "270"]
    assert found.draft.reasons["labels"] == "metadata: character"
