"""What goes into the inputs of a model beside the picture."""

import numpy as np

from framemesh.modeling.signature import Tensor
from framemesh.vision.constants import Constants, constant_values
from framemesh.worker.triton.constants import ConstantInputs

SIZES = Tensor("sizes", "INT64", (-1, 2))
MASK = Tensor("mask", "BOOL", (-1, 3, 5))
ALONE = Tensor("alone", "FP32", (2,), batched=False)
FIXED = Tensor("fixed", "FP32", (4, 2))
CONSTANTS: Constants = {"sizes": (640, 480), "mask": (1.0,), "alone": (0.5, 2), "fixed": (1, 2)}


def test_each_picture_gets_the_same_numbers() -> None:
    assert constant_values(CONSTANTS, SIZES, 2).tolist() == [[640, 480]] * 2
    assert constant_values(CONSTANTS, ALONE, 1).tolist() == [0.5, 2]
    assert constant_values(CONSTANTS, FIXED, 1).tolist() == [[1, 2]] * 4


def test_one_number_fills_all_elements_in_the_type_of_the_input() -> None:
    mask = constant_values(CONSTANTS, MASK, 2)
    np.testing.assert_array_equal(mask, np.ones((2, 3, 5), np.bool_), strict=True)


def test_memory_has_what_a_message_would_have() -> None:
    inputs = ConstantInputs(CONSTANTS, (SIZES, MASK, FIXED), 3)
    memory = np.full(inputs.size, 7, np.uint8)
    inputs.write(memory)
    for at in range(3):
        for count in (1, 3):
            offset, size = inputs.span(at, count)
            assert memory[offset : offset + size].tobytes() == inputs.content(at, count)


def test_a_model_of_one_input_needs_no_memory() -> None:
    assert ConstantInputs({}, (), 8).size == 0
