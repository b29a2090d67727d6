"""Requests of inputs that have each image's own shape."""

from pathlib import Path

import numpy as np
import pytest
from tritonclient.grpc import service_pb2 as pb

from framemesh.modeling.decoders.demand import InputSize
from framemesh.modeling.manifest import DecoderSpec, Fit, InputSpec, ModelManifest
from framemesh.modeling.signature import Signature, Tensor
from framemesh.modeling.validation import check_signature
from framemesh.worker.triton.repository import Deployment
from framemesh.worker.triton.sized_requests import SizedRequests
from framemesh.worker.triton.staging import StagingBlocks

BLOCKS = 3
MEMORY = np.zeros(BLOCKS * 4 * 3 * 64 * 32 * 4, np.uint8)
SPEC = InputSpec("images", 64, 32, Fit.LETTERBOX, multiple_of=16)


def requests(batch: int) -> SizedRequests:
    """Of a model with a mask of the pixels and the sides of the input; row n is full of n."""
    manifest = ModelManifest(
        "shapes",
        "shapes.onnx",
        ("a",),
        SPEC,
        DecoderSpec("yolov8"),
        max_batch=4,
        constants={"mask": 1, "sizes": ("height", "width")},
    )
    declared = Signature(
        (
            Tensor("images", "FP32", (batch, 3, -1, -1)),
            Tensor("mask", "INT64", (batch, -1, -1)),
            Tensor("sizes", "FP32", (batch, 2)),
        ),
        (Tensor("out", "FP32", (batch, 5, -1)),),
    )
    model = check_signature(manifest, declared)
    deployment = Deployment(
        manifest, 1, Path("shapes.onnx"), model.signature, 1, 4, declared=declared
    )
    rows = np.zeros((6, *SPEC.shape), np.float32) + np.arange(6)[:, None, None, None]
    staging = StagingBlocks(MEMORY, BLOCKS)
    return SizedRequests(deployment, list(rows.astype(np.float32)), staging, "region")


@pytest.mark.parametrize("batch", [-1, 4])
def test_inputs_of_one_size_are_one_batch_with_what_follows_their_size(batch: int) -> None:
    made = requests(batch).request([4, 1], InputSize(64, 16), None)
    sent = pb.ModelInferRequest.FromString(made)
    images = 2 if batch < 0 else batch
    assert {each.name: list(each.shape) for each in sent.inputs} == {
        "images": [images, 3, 16, 64],
        "mask": [images, 16, 64],
        "sizes": [images, 2],
    }
    given, mask, sizes = sent.raw_input_contents
    values = np.frombuffer(given, np.float32).reshape(images, 3, 16, 64)
    np.testing.assert_array_equal(values[:2].mean(axis=(1, 2, 3)), [4, 1])
    assert not values[2:].any()
    assert (np.frombuffer(mask, np.int64) == np.ones(images * 16 * 64)).all()
    assert np.frombuffer(sizes, np.float32).tolist() == [16, 64] * images


def test_in_shared_memory_they_are_one_piece() -> None:
    made = requests(4).request([4, 1], InputSize(64, 16), 2)
    sent = pb.ModelInferRequest.FromString(made)
    assert len(sent.raw_input_contents) == 2
    where = sent.inputs[0].parameters
    assert where["shared_memory_region"].string_param == "region"
    offset = where["shared_memory_offset"].int64_param
    size = where["shared_memory_byte_size"].int64_param
    assert (offset, size) == (2 * MEMORY.size // 3, 4 * 3 * 16 * 64 * 4)
    values = MEMORY[offset : offset + size].view(np.float32).reshape(4, -1)
    np.testing.assert_array_equal(values.mean(axis=1), [4, 1, 0, 0])


def test_a_block_is_of_one_request_at_a_time() -> None:
    staging = StagingBlocks(np.zeros(30, np.uint8), 2)
    first, second = staging.take(), staging.take()
    assert {first, second} == {0, 1}
    assert staging.take() is None
    staging.release(0)
    assert staging.take() == 0


def test_triton_is_told_which_sides_are_open() -> None:
    config = requests(-1)._deployment.config()
    assert "dims: 3\n  dims: -1\n  dims: -1" in config
    assert "dims: -1\n  dims: -1\n" in config
    assert "dims: 2\n" in config
