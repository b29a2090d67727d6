"""Which outputs the YOLO decoders take, and what the refusal of others says."""

from typing import Any

import pytest

from framemesh.modeling.decoders.demand import Shapes
from framemesh.modeling.decoders.registry import bind_decoder
from framemesh.modeling.errors import ModelInvalid
from framemesh.modeling.manifest import DecoderSpec, InputSpec, ModelManifest, Suppression


def manifest(decoder: str, labels: int, **options: Any) -> ModelManifest:
    names = tuple(f"class {at}" for at in range(labels))
    spec = DecoderSpec(decoder, **options)
    return ModelManifest("model", "model.onnx", names, InputSpec("images", 640, 640), spec)


def refused(decoder: str, labels: int, shapes: Shapes, **options: Any) -> str:
    with pytest.raises(ModelInvalid) as error:
        bind_decoder(manifest(decoder, labels, **options), shapes)
    line = str(error.value)
    assert "\n" not in line
    return line


@pytest.mark.parametrize(
    ("decoder", "labels", "shapes", "options"),
    [
        ("yolov5", 80, {"output0": (25200, 85)}, {}),
        ("yolov5", 80, {"outputs": (8400, 85)}, {}),
        ("yolov5", 80, {"output0": (25200, 85), "raw": (3, 80, 80, 85)}, {}),
        ("yolox", 80, {"output": (8400, 85)}, {}),
        ("yolox", 80, {"output": (8500, 85)}, {}),  # strides to 64
        ("yolox", 80, {"output": (-1, 85)}, {}),
        ("yolov8", 80, {"output0": (84, 8400)}, {}),
        ("yolov8", 80, {"output0": (84, -1)}, {}),
        ("yolov8-seg", 80, {"output0": (116, 8400), "output1": (32, 160, 160)}, {}),
        ("yolov8-pose", 1, {"output0": (56, 8400)}, {"keypoints": 17}),
        ("yolov8-pose", 1, {"output0": (15, 8400)}, {"keypoints": 5, "keypoint_values": 2}),
        ("yolov8-obb", 15, {"output0": (20, 21504)}, {}),
        ("yolo-end2end", 80, {"output0": (300, 6)}, {}),
        ("yolo-end2end", 80, {"output0": (300, 38), "output1": (32, 160, 160)}, {}),
        ("yolo-end2end", 1, {"output0": (300, 57)}, {"keypoints": 17}),
        ("yolo-end2end", 15, {"output0": (300, 7)}, {}),
        ("yolo-nas", 80, {"graph2_flat_predictions": (-1, 7)}, {}),
        ("yolo-nas", 80, {"scores": (1, 8400, 80), "boxes": (1, 8400, 4)}, {}),
        ("yolo-nas", 4, {"scores": (1, 8400, 4), "boxes": (1, 8400, 4)}, {}),
    ],
)
def test_the_forms_of_a_family_are_taken(
    decoder: str, labels: int, shapes: Shapes, options: dict[str, Any]
) -> None:
    binding = bind_decoder(manifest(decoder, labels, **options), shapes)
    assert binding.classes in (None, labels)
    assert set(binding.tensors.values()) <= set(shapes)


@pytest.mark.parametrize(
    ("decoder", "labels", "shapes", "fits"),
    [
        ("yolov5", 80, {"output0": (84, 8400)}, "yolov8"),
        ("yolov8", 15, {"output0": (20, 21504)}, "yolov8-obb"),
        ("yolov8", 80, {"output0": (25200, 85)}, "yolov5"),
        ("yolov8", 80, {"output0": (116, 8400), "output1": (32, 160, 160)}, "yolov8-seg"),
        ("yolov8", 80, {"output0": (300, 38), "output1": (32, 160, 160)}, "yolo-end2end"),
        ("yolov8-seg", 80, {"output0": (84, 8400)}, "yolov8"),
        ("ssd", 80, {"output0": (84, 8400)}, "yolov8"),
    ],
)
def test_another_family_is_refused_with_the_decoder_that_fits(
    decoder: str, labels: int, shapes: Shapes, fits: str
) -> None:
    assert fits in refused(decoder, labels, shapes).partition("(model.onnx)")[2].partition("(")[2]


def test_a_table_of_boxes_is_not_taken_for_a_map() -> None:
    assert "would fit" not in refused("yolov8", 1, {"output0": (56, 8400)})
    assert "(yolov8 would fit these outputs and labels)" in refused(
        "ssd", 80, {"output0": (84, 8400)}
    )


def test_a_pose_needs_the_number_of_keypoints() -> None:
    shapes = {"output0": (56, 8400)}
    assert "decoder.keypoints set" in refused("yolo-end2end", 1, {"output0": (300, 57)})
    assert "decoder.keypoints: decoder yolov8-pose needs the number" in refused(
        "yolov8-pose", 1, shapes
    )
    assert "has 6 classes and its manifest 1 labels" in refused(
        "yolov8-pose", 1, shapes, keypoints=23, keypoint_values=2
    )


def test_yolox_demands_the_places_of_its_grids() -> None:
    line = refused("yolox", 80, {"output": (25200, 85)})
    assert "8400 places for its input of 640 x 640" in line
    assert "output [25200, 85]" in line


@pytest.mark.parametrize(
    ("decoder", "shapes"),
    [
        ("yolov8", {"a": (84, 8400), "b": (84, 8400)}),
        ("yolo-end2end", {"output0": (300, 38), "output1": (16, 160, 160)}),
        ("yolo-nas", {"a": (1, 8400, 4), "b": (1, 8400, 4)}),
        ("yolo-nas", {"boxes": (1, 8400, 4), "scores": (1, 8000, 80)}),
        ("yolo-nas", {"rows": (-1, 6)}),
    ],
)
def test_what_may_be_read_in_two_ways_is_refused(decoder: str, shapes: Shapes) -> None:
    assert f"decoder {decoder} expects" in refused(decoder, 80, shapes)


def test_an_option_that_the_decoder_does_not_heed_is_refused() -> None:
    line = refused("yolo-end2end", 80, {"output0": (300, 6)}, agnostic=True)
    assert "decoder.agnostic: decoder yolo-end2end does not heed it" in line
    line = refused("yolov8", 80, {"output0": (84, 8400)}, keypoints=17)
    assert line.endswith("a decoder that does (yolo-end2end, yolov8-pose)")


@pytest.mark.parametrize(
    ("decoder", "shapes", "options", "said"),
    [
        ("yolov8", {"output0": (84, 8400)}, {"sigma": 1}, "sigma: a suppression that is hard has"),
        (
            "yolov8",
            {"output0": (84, 8400)},
            {"suppression": Suppression.SOFT_GAUSSIAN, "iou_threshold": 0.6},
            "iou_threshold: a Gaussian suppression has no threshold",
        ),
        ("yolov8", {"output0": (84, 8400)}, {"background": True}, "background: decoder yolov8"),
        ("yolo-end2end", {"output0": (300, 6)}, {"iou_threshold": 0.7}, "iou_threshold: decoder"),
        ("yolo-end2end", {"output0": (300, 6)}, {"keypoint_values": 2}, "keypoint_values: there"),
        ("yolo-nas", {"rows": (-1, 7)}, {"agnostic": True}, "agnostic: output rows has the sup"),
        (
            "rf-detr",
            {"dets": (300, 4), "labels": (300, 80), "raw": (9,)},
            {"output_names": {"mask": "raw"}},
            "output_names: decoder rf-detr reads no output that it calls mask, it reads dets, lab",
        ),
    ],
)
def test_an_option_of_no_effect_is_refused_by_its_name(
    decoder: str, shapes: Shapes, options: dict[str, Any], said: str
) -> None:
    assert f"(model.onnx): decoder.{said}" in refused(decoder, 80, shapes, **options)
