"""Whatever a model answers that it did not declare is an error with the tensor's name."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import pytest
from tritonclient.grpc import service_pb2 as pb

from framemesh.modeling.signature import Tensor
from framemesh.worker.errors import InferenceFailed
from framemesh.worker.triton.answer import AnswerReader

SCORES = Tensor("scores", "FP32", (-1, 10, 2))
BOXES = Tensor("boxes", "FP32", (-1, 10, 4))
OPEN = Tensor("open", "FP32", (-1, -1, 4))

Answer: TypeAlias = pb.ModelInferResponse
Change = Callable[[Answer], object]


def reader(*outputs: Tensor) -> AnswerReader:
    return AnswerReader("street-1", outputs or (SCORES, BOXES))


def answered(*outputs: tuple[str, tuple[int, ...]], placed: bool) -> Answer:
    """An answer of ones, in the message or, where it is placed, in shared memory."""
    answer = Answer(model_name="street-1")
    for name, shape in outputs:
        answer.outputs.add(name=name, datatype="FP32", shape=shape)
        answer.raw_output_contents.append(b"" if placed else np.ones(shape, np.float32).tobytes())
    return answer


def good(count: int, *, placed: bool) -> Answer:
    return answered(("scores", (count, 10, 2)), ("boxes", (count, 10, 4)), placed=placed)


def read(answer: Answer, count: int, *, placed: bool) -> None:
    if placed:
        reader().check_placed(answer, count)
    else:
        reader().unpack(answer, count)


def shape(at: int, *sides: int) -> Change:
    def change(answer: Answer) -> None:
        answer.outputs[at].shape[:] = sides

    return change


def datatype(name: str) -> Change:
    return lambda answer: setattr(answer.outputs[0], "datatype", name)


def renamed(name: str) -> Change:
    return lambda answer: setattr(answer.outputs[1], "name", name)


def missing(answer: Answer) -> None:
    answer.outputs.pop()
    answer.raw_output_contents.pop()


def twice(answer: Answer) -> None:
    answer.outputs.append(answer.outputs[0])
    answer.raw_output_contents.append(answer.raw_output_contents[0])


placement = pytest.mark.parametrize("placed", [True, False], ids=["memory", "message"])


@placement
@pytest.mark.parametrize("count", [1, 2, 8])
def test_what_was_declared_is_taken_for_each_size_of_a_batch(count: int, *, placed: bool) -> None:
    read(good(count, placed=placed), count, placed=placed)


@placement
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (shape(0, 3, 9, 2), r"scores is FP32 \[3, 9, 2\]; declared for 3 .* FP32 \[3, 10, 2\]"),
        (shape(0, 3, 2, 10), r"scores is FP32 \[3, 2, 10\]"),
        (shape(0, 3, 20), r"scores is FP32 \[3, 20\]"),
        (shape(0, 3, 10, 2, 1), r"scores is FP32 \[3, 10, 2, 1\]"),
        (shape(0, 6, 5, 2), r"scores is FP32 \[6, 5, 2\]"),
        (shape(1, 2, 10, 4), r"boxes is FP32 \[2, 10, 4\]; declared for 3 .* \[3, 10, 4\]"),
        (shape(1, 4, 10, 4), r"boxes is FP32 \[4, 10, 4\]"),
        (shape(1), r"boxes is FP32 \[\]"),
        (shape(1, 3, -10, -4), r"boxes is FP32 \[3, -10, -4\]"),
        (datatype("FP64"), r"scores is FP64 \[3, 10, 2\]; .* is FP32"),
        (datatype("INT32"), r"scores is INT32"),
        (datatype(""), r"scores is  \[3, 10, 2\]"),
        (renamed("extra"), r"output extra was not declared"),
        (renamed("scores"), r"scores is FP32 \[3, 10, 4\]"),
        (missing, r"has the outputs \['scores'\], not \['scores', 'boxes'\]"),
        (twice, r"has the outputs \['scores', 'boxes', 'scores'\]"),
    ],
)
def test_anything_else_is_named_with_both_shapes(
    change: Change, message: str, *, placed: bool
) -> None:
    answer = good(3, placed=placed)
    change(answer)
    with pytest.raises(InferenceFailed, match=f"model street-1 broke its declaration.*{message}"):
        read(answer, 3, placed=placed)


def test_an_answer_in_the_message_is_not_looked_for_in_the_memory() -> None:
    with pytest.raises(InferenceFailed, match="in the message, not in the shared memory"):
        reader().check_placed(good(2, placed=False), 2)


@pytest.mark.parametrize("change", [lambda content: content[:-4], lambda content: content + b"\0"])
def test_contents_of_another_length_are_refused(change: Callable[[bytes], bytes]) -> None:
    answer = good(2, placed=False)
    answer.raw_output_contents[1] = change(answer.raw_output_contents[1])
    with pytest.raises(InferenceFailed, match=r"boxes FP32 \[2, 10, 4\] comes with \d+ bytes"):
        reader().unpack(answer, 2)


def test_outputs_without_contents_are_refused() -> None:
    answer = good(2, placed=False)
    answer.raw_output_contents.pop()
    with pytest.raises(InferenceFailed, match="2 outputs come with 1 contents"):
        reader().unpack(answer, 2)


@pytest.mark.parametrize("length", [0, 1, 57])
def test_an_open_side_may_have_any_length(length: int) -> None:
    found = reader(OPEN).unpack(answered(("open", (2, length, 4)), placed=False), 2)
    assert found["open"].shape == (2, length, 4)


@pytest.mark.parametrize("sides", [(2, 7, 5), (2, 28), (3, 7, 4), (2, 7, 4, 1)])
def test_sides_beside_an_open_one_are_compared(sides: tuple[int, ...]) -> None:
    with pytest.raises(InferenceFailed, match=r"declared for 2 images is FP32 \[2, -1, 4\]"):
        reader(OPEN).unpack(answered(("open", sides), placed=False), 2)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("at", [0, 37, 79])
def test_a_value_that_is_no_number_is_named_with_its_tensor(value: float, at: int) -> None:
    boxes = np.ones((2, 10, 4), np.float32)
    boxes.reshape(-1)[at] = value
    outputs = {"scores": np.ones((2, 10, 2), np.float32), "boxes": boxes}
    with pytest.raises(InferenceFailed, match="boxes: 1 of 80 values are NaN or infinite"):
        reader().check_finite(outputs)


def test_whole_numbers_are_always_numbers() -> None:
    reader().check_finite({"scores": np.full((2, 10, 2), np.iinfo(np.int64).max)})


@pytest.mark.parametrize(
    ("datatype", "kind"), [("FP16", np.float16), ("INT64", np.int64), ("BOOL", np.bool_)]
)
def test_values_in_the_message_have_the_declared_type(
    datatype: str, kind: type[np.generic]
) -> None:
    answer = Answer()
    answer.outputs.add(name="labels", datatype=datatype, shape=(2, 3))
    answer.raw_output_contents.append(np.ones((2, 3), kind).tobytes())
    found = reader(Tensor("labels", datatype, (-1, 3))).unpack(answer, 2)
    np.testing.assert_array_equal(found["labels"], np.ones((2, 3), kind), strict=True)


@pytest.mark.parametrize("sides", [(2,), (2, 1)])
def test_one_number_for_each_image_may_come_with_a_dimension(sides: tuple[int, ...]) -> None:
    counts = Tensor("counts", "FP32", (-1,))
    found = reader(counts).unpack(answered(("counts", sides), placed=False), 2)
    assert found["counts"].shape == (2,)


def test_an_output_without_a_batch_dimension_is_that_of_the_one_image() -> None:
    rows = Tensor("rows", "FP32", (-1, 6), batched=False)
    found = reader(rows).unpack(answered(("rows", (5, 6)), placed=False), 1)
    assert found["rows"].shape == (1, 5, 6)


def test_the_largest_numbers_are_numbers() -> None:
    largest = np.full((2, 10, 2), np.finfo(np.float32).max, np.float32)
    reader().check_finite({"scores": largest, "boxes": -largest})
