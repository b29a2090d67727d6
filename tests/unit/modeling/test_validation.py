"""Whether a manifest and a model belong together, and what Triton is told of them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from google.protobuf import text_format
from tritonclient.grpc.model_config_pb2 import ModelConfig

from framemesh.modeling import mapped_weights
from framemesh.modeling.errors import ModelInvalid
from framemesh.modeling.manifest import DecoderSpec, DType, InputSpec, Layout, ModelManifest
from framemesh.modeling.signature import NO_TENSOR, Signature, Tensor
from framemesh.modeling.validation import check_signature
from framemesh.worker.triton.repository import CPU, GPU, Deployment, write_repository

PERSON = Path(__file__).parents[3] / "models/person/1/model.onnx"

MANIFEST = ModelManifest(
    "people",
    "people.onnx",
    ("person",),
    InputSpec("images", 640, 480, layout=Layout.NHWC, dtype=DType.UINT8),
    DecoderSpec("centernet"),
    max_batch=8,
)
PICTURES = Tensor("images", "UINT8", (-1, 480, 640, 3))
HEATMAP = Tensor("heatmap", "FP32", (-1, 1, 120, 160))
BOXES = Tensor("boxes", "FP32", (-1, 4, 120, 160))
MODEL = Signature((PICTURES,), (HEATMAP, BOXES))


def test_a_model_that_fits_is_taken_as_it_is() -> None:
    assert check_signature(MANIFEST, MODEL).signature == MODEL


@pytest.mark.parametrize(
    "unread",
    [
        Tensor("best", "INT64", (-1, 1)),
        Tensor("names", "BYTES", (-1, 1)),
        Tensor("empty", "FP32", (-1, 0)),
        Tensor("alone", "FP32", (1, 7)),
        Tensor("shapeless", "BF16", ()),
        Tensor("sequence", NO_TENSOR, ()),
    ],
    ids=lambda unread: unread.name,
)
def test_an_output_that_the_decoder_does_not_read_is_not_looked_at(unread: Tensor) -> None:
    more = replace(MODEL, outputs=(unread, *MODEL.outputs))
    assert check_signature(MANIFEST, more).signature == MODEL


def test_whole_numbers_beside_a_single_output_are_not_in_its_way() -> None:
    manifest = replace(MANIFEST, labels=("no", "yes"), decoder=DecoderSpec("classification"))
    scores, best = Tensor("scores", "FP16", (-1, 2)), Tensor("best", "INT64", (-1,))
    found = check_signature(manifest, Signature((PICTURES,), (best, scores)))
    assert found.signature.outputs == (scores,)


def test_open_sides_of_the_input_get_the_manifests() -> None:
    loose = replace(MODEL, inputs=(replace(PICTURES, shape=(-1, -1, -1, 3)),))
    assert check_signature(MANIFEST, loose).signature == MODEL


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (
            Signature((replace(PICTURES, name="x"),), (BOXES,)),
            "input.name: .* no input 'images'",
        ),
        (
            Signature((replace(PICTURES, datatype="FP32"),), (BOXES,)),
            r"the input is images FP32 .*, not uint8",
        ),
        (
            Signature((replace(PICTURES, shape=(-1, 3)),), (BOXES,)),
            r"UINT8 \[-1, 3\], and the manifest says",
        ),
        (Signature((replace(PICTURES, shape=(1, 480, 640, 3)),), (BOXES,)), "set max_batch to 1"),
        (
            Signature((PICTURES,), (HEATMAP, replace(BOXES, datatype="BF16"))),
            "boxes BF16 .* is not of floats, as decoder centernet reads",
        ),
        (
            Signature((PICTURES,), (HEATMAP, replace(BOXES, shape=(4, 4, 120, 160)))),
            "must have the batch first",
        ),
        (
            Signature((PICTURES,), (HEATMAP, replace(BOXES, shape=()))),
            "boxes FP32 .* declares no shape",
        ),
    ],
)
def test_what_does_not_fit_is_named_with_its_shape(model: Signature, message: str) -> None:
    with pytest.raises(ModelInvalid, match=f"model people .*{message}"):
        check_signature(MANIFEST, model)


@pytest.mark.parametrize(("max_batch", "dims"), [(8, [480, 640, 3]), (1, [1, 480, 640, 3])])
def test_the_repository_is_one_that_any_triton_serves(
    tmp_path: Path, max_batch: int, dims: list[int]
) -> None:
    onnx = tmp_path / "people.onnx"
    onnx.write_bytes(b"model")
    manifest = replace(MANIFEST, max_batch=max_batch)
    deployment = Deployment(manifest, 3, onnx, MODEL, instances=2, largest_batch=1)
    write_repository(tmp_path / "models", [deployment])
    assert (tmp_path / "models/people-3/3/model.onnx").read_bytes() == b"model"
    text = (tmp_path / "models/people-3/config.pbtxt").read_text()
    config = text_format.Parse(text, ModelConfig())
    assert config.name == "people-3"
    assert config.backend == "onnxruntime"
    assert config.max_batch_size == (max_batch if max_batch > 1 else 0)
    assert list(config.input[0].dims) == dims
    assert config.instance_group[0].count == 2
    assert config.instance_group[0].kind == config.instance_group[0].KIND_CPU


def test_large_weights_are_in_one_file_for_all_instances(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mapped_weights, "MIN_SHARED_BYTES", 1)
    for kind, shared in ((CPU, True), (GPU, False)):
        deployment = Deployment(MANIFEST, 3, PERSON, MODEL, instances=2, largest_batch=1, kind=kind)
        write_repository(tmp_path / kind, [deployment])
        model = tmp_path / kind / "people-3/3/model.onnx"
        assert model.with_name("weights.onnx").exists() == shared
        assert (model.stat().st_size < PERSON.stat().st_size) == shared
        config = text_format.Parse(deployment.config(), ModelConfig())
        assert ("share_weights" in config.parameters) == shared


def test_a_warm_up_has_the_values_of_constant_inputs(tmp_path: Path) -> None:
    onnx = tmp_path / "people.onnx"
    onnx.write_bytes(b"model")
    sizes = Tensor("orig_target_sizes", "INT64", (-1, 2))
    manifest = replace(MANIFEST, constants={sizes.name: (640, 480)})
    signature = replace(MODEL, inputs=(PICTURES, sizes))
    deployment = Deployment(manifest, 3, onnx, signature, instances=2, largest_batch=6)
    write_repository(tmp_path / "models", [deployment])
    text = (tmp_path / "models/people-3/config.pbtxt").read_text()
    (sample,) = text_format.Parse(text, ModelConfig()).model_warmup
    file = sample.inputs[sizes.name].input_data_file
    content = (tmp_path / "models/people-3/warmup" / file).read_bytes()
    assert np.frombuffer(content, np.int64).tolist() == [640, 480]
    assert sample.inputs["images"].zero_data


def test_a_model_of_a_fixed_batch_has_no_batches_of_tritons(tmp_path: Path) -> None:
    fixed = [replace(each, shape=(8, *each.shape[1:])) for each in (PICTURES, HEATMAP, BOXES)]
    signature = Signature((fixed[0],), tuple(fixed[1:]))
    deployment = Deployment(MANIFEST, 3, tmp_path, signature, instances=2, largest_batch=8)
    config = text_format.Parse(deployment.config(), ModelConfig())
    assert config.max_batch_size == 0
    assert list(config.input[0].dims) == [8, 480, 640, 3]
    assert config.model_warmup[0].batch_size == 1


def test_one_number_for_each_picture_has_a_dimension_for_triton(tmp_path: Path) -> None:
    counts = Tensor("counts", "INT32", (-1,))
    signature = replace(MODEL, outputs=(counts,))
    for max_batch, dims, reshaped in ((8, [1], True), (1, [1], False)):
        manifest = replace(MANIFEST, max_batch=max_batch)
        deployment = Deployment(manifest, 3, tmp_path, signature, instances=1, largest_batch=1)
        (output,) = text_format.Parse(deployment.config(), ModelConfig()).output
        assert list(output.dims) == dims
        assert output.HasField("reshape") == reshaped


def test_a_model_has_seen_its_largest_batch_before_any_frame(tmp_path: Path) -> None:
    manifest = replace(MANIFEST, max_batch=8)
    deployment = Deployment(manifest, 3, tmp_path, MODEL, instances=2, largest_batch=6)
    config = text_format.Parse(deployment.config(), ModelConfig())
    (sample,) = config.model_warmup
    assert sample.batch_size == 6
    assert list(sample.inputs["images"].dims) == [480, 640, 3]
    assert sample.inputs["images"].zero_data


@pytest.mark.parametrize(
    ("decoder", "skeleton", "words"),
    [
        ("centernet", ((0, 1),), "skeleton: decoder centernet tells no keypoints here"),
        ("heatmap-pose", ((0, 1), (5, 6)), "skeleton: keypoint 6 is not one of the model, which"),
    ],
)
def test_a_skeleton_joins_keypoints_of_the_model(
    decoder: str, skeleton: tuple[tuple[int, int], ...], words: str
) -> None:
    manifest = replace(MANIFEST, decoder=DecoderSpec(decoder), skeleton=skeleton)
    heatmaps = Tensor("heatmaps", "FP32", (-1, 6, 120, 160))
    outputs = (heatmaps,) if decoder == "heatmap-pose" else (HEATMAP, BOXES)
    with pytest.raises(ModelInvalid, match=words):
        check_signature(manifest, Signature((PICTURES,), outputs))
