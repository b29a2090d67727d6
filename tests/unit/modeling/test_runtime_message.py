"""What onnxruntime says is told without what only its authors understand."""

import pytest

from framemesh.modeling.runtime_message import MAX_MESSAGE, plain_message

FAIL = "Fail: [ONNXRuntimeError] : 1 : FAIL : "
RUNNING = "Non-zero status code returned while running"
SOURCE = "/onnxruntime_src/onnxruntime/core"

TYPES = "Type Error: Type (tensor(bool)) of output arg (output0) is not expected type (float)."
TYPES_SAID = f"{FAIL}Load model from /a/b.onnx failed:{TYPES}"

AXES = "Attempting to broadcast 48 by 80"
AXES_SAID = (
    f"{FAIL}{RUNNING} Add node. Name:'/near/Add_1' Status Message: {SOURCE}/providers/cpu/math/"
    "element_wise_ops.h:563 void onnxruntime::BroadcastIterator::Init(ptrdiff_t, ptrdiff_t) "
    f"axis == 1 || axis == largest was false. {AXES}"
)

ELEMENT = "This is an invalid model. Tensor element type 99."
ELEMENT_SAID = (
    f"{FAIL}Load model from /x failed:{SOURCE}/graph/graph.cc:1441 onnxruntime::Graph::Graph(const "
    "onnxruntime::Model&, onnx::GraphProto*, const std::unordered_map<std::string, int>&, bool) "
    f"type_proto != nullptr was false. {ELEMENT}"
)

MEMORY = "Failed to allocate memory for requested buffer of size 4000000000000"
MEMORY_SAID = (
    "Internal: TritonModelException: cannot run a batch of 8 pictures: [ONNXRuntimeError] : 1 : "
    f"FAIL : {RUNNING} ConstantOfShape node. Name:'' Status Message: {SOURCE}/framework/"
    "bfc_arena.cc:360 void* onnxruntime::BFCArena::AllocateRawInternal(size_t, bool, "
    f"onnxruntime::Stream*) {MEMORY}"
)


@pytest.mark.parametrize(
    ("said", "plain"),
    [
        (TYPES_SAID, TYPES),
        (AXES_SAID, f"node Add '/near/Add_1': {AXES}"),
        (ELEMENT_SAID, ELEMENT),
        (MEMORY_SAID, f"cannot run a batch of 8 pictures: node ConstantOfShape: {MEMORY}"),
        ("two\nlines\x1b[31m", "two lines?[31m"),
    ],
)
def test_places_in_its_code_and_codes_are_left_out(said: str, plain: str) -> None:
    assert plain_message(said) == plain


def test_a_line_has_a_bound() -> None:
    for long in ("Conv " * 10_000, "x" * 1_000_000, "/onnxruntime/" * 100_000):
        assert len(plain_message(long)) == MAX_MESSAGE
