"""Results that are too large for a message are refused with the figure before the model runs."""

import zlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from framemesh.core.detection import (
    Box,
    ClassArea,
    Detection,
    Keypoint,
    Mask,
    Point,
    Raster,
    RasterKind,
)
from framemesh.modeling.errors import ModelInvalid
from framemesh.modeling.manifest import DecoderSpec, InputSpec, ModelManifest
from framemesh.modeling.result_size import (
    MAX_MASK_RUNS,
    MAX_RASTER_SIDE,
    MAX_RESULT_BYTES,
    DetailSize,
    check_result_size,
)
from framemesh.modeling.signature import Signature, Tensor
from framemesh.modeling.validation import check_signature
from framemesh.runtime.messages.detection_message import detection_to_proto

LABELS = ("a", "person", "ß" * 40)


def manifest(
    name: str = "centernet", max_detections: int = 100, labels: Sequence[str] = LABELS
) -> ModelManifest:
    decoder = DecoderSpec(name, max_detections=max_detections)
    return ModelManifest("m", "m.onnx", tuple(labels), InputSpec("x", 64, 64), decoder)


def largest(detail: DetailSize) -> Detection:
    """A detection that is as large as one with this detail can be."""
    third = 1 / 3
    random = np.random.default_rng(0)
    cells = random.integers(0, 256, MAX_RASTER_SIDE**2, np.uint8).tobytes()
    raster = Raster(
        RasterKind.CLASSES,
        MAX_RASTER_SIDE,
        MAX_RASTER_SIDE,
        zlib.compress(cells),
        third,
        third,
        tuple(ClassArea(2**31, label, third) for label in LABELS),
    )
    return Detection(
        stage="s" * 64,
        label=max(LABELS, key=len),
        class_id=2**31,
        score=third,
        box=Box(third, third, third, third),
        parent=2**31,
        corners=(Point(third, third),) * detail.corners,
        keypoints=(Keypoint(Point(third, third), third),) * detail.keypoints,
        mask=Mask(10_000, 10_000, (10_000,) * MAX_MASK_RUNS) if detail.mask else None,
        raster=raster if detail.raster else None,
        text=max(LABELS, key=len) * detail.letters,
        embedding=(third,) * detail.numbers,
    )


@pytest.mark.parametrize(
    "detail",
    [
        DetailSize(),
        DetailSize(corners=4),
        DetailSize(keypoints=17),
        DetailSize(keypoints=500),
        DetailSize(mask=True),
        DetailSize(raster=True),
        DetailSize(letters=300),
        DetailSize(numbers=2048),
    ],
    ids=str,
)
def test_no_detection_is_larger_than_told(detail: DetailSize) -> None:
    # In an outcome, a detection has a tag and its length before it.
    size = detection_to_proto(largest(detail)).ByteSize() + 6
    told = detail.bytes(LABELS)
    assert size <= told
    assert told < size + 200 + 0.2 * size


@pytest.mark.parametrize(
    ("detail", "most"), [(DetailSize(mask=True), 450), (DetailSize(keypoints=500), 106)]
)
def test_so_many_detections_fit_and_no_more(detail: DetailSize, most: int) -> None:
    check_result_size(manifest(max_detections=most), detail)
    told = f"decoder.max_detections: {most + 1} detections of .* set it to {most} or less"
    with pytest.raises(ModelInvalid, match=told):
        check_result_size(manifest(max_detections=most + 1), detail)


def test_a_thousand_boxes_fit() -> None:
    check_result_size(manifest(max_detections=1000), DetailSize(corners=4))


def test_one_result_an_image_is_not_counted_by_max_detections() -> None:
    check_result_size(manifest(max_detections=1000), DetailSize(raster=True, single=True))


def test_a_detection_that_no_message_holds_is_refused_with_the_figure() -> None:
    told = f"takes up to 5,700,.* .300,000 keypoints., over the {MAX_RESULT_BYTES:,} of a result"
    with pytest.raises(ModelInvalid, match=told):
        check_result_size(manifest(), DetailSize(keypoints=300_000, single=True))


def test_a_model_whose_results_may_be_too_large_is_not_valid() -> None:
    pose = replace(
        manifest("yolov8-pose", labels=("hand",)),
        decoder=DecoderSpec("yolov8-pose", max_detections=1000, keypoints=133),
    )
    pictures = Tensor("x", "FP32", (-1, 3, 64, 64))
    signature = Signature((pictures,), (Tensor("output0", "FP32", (-1, 5 + 399, 8400)),))
    with pytest.raises(ModelInvalid, match=r"1000 detections of up to 2,7.* .133 keypoints. are"):
        check_signature(pose, signature)
    fewer = replace(pose, decoder=replace(pose.decoder, max_detections=300))
    check_signature(fewer, signature)
