"""The rows of an arena: where they are in memory, without overlap."""

from pathlib import Path

import numpy as np
import pytest

from framemesh.modeling.signature import Tensor
from framemesh.worker.triton import tensor_arena as memory_module
from framemesh.worker.triton.tensor_arena import SharedMemory, TensorArena, with_floats

PICTURE = Tensor("in", "UINT8", (-1, 3, 5, 3))
OUTPUTS = (
    Tensor("a", "FP32", (-1, 2, 2)),
    Tensor("b", "INT64", (-1, 7)),
    Tensor("c", "BOOL", (-1, 3)),
)


def arena(rows: int) -> TensorArena:
    return TensorArena(
        np.zeros(TensorArena.size(rows, PICTURE, OUTPUTS), np.uint8), rows, PICTURE, OUTPUTS
    )


def test_no_two_views_overlap() -> None:
    made = arena(3)
    views = [*made.inputs, *(made.outputs(row, 1)[name] for row in range(3) for name in "abc")]
    for at, view in enumerate(views):
        assert not any(np.shares_memory(view, other) for other in views[at + 1 :])


def test_a_run_of_rows_is_one_block() -> None:
    made = arena(4)
    for row, view in enumerate(made.inputs):
        view[...] = row
    assert made.input_bytes(1, 2) == bytes([1] * 45 + [2] * 45)
    assert made.span(0, 1, 2) == (45, 90)
    assert made.span(1, 0, 4) == (192, 64)  # the next multiple of 64 after the inputs


def test_outputs_cannot_be_written_to() -> None:
    output = arena(3).outputs(1, 2)["a"]
    assert output.shape == (2, 2, 2)
    with pytest.raises(ValueError, match="read-only"):
        output[0, 0, 0] = 1


def test_outputs_have_the_type_of_their_tensor() -> None:
    kinds = {name: values.dtype for name, values in arena(2).outputs(0, 2).items()}
    assert kinds == {"a": np.float32, "b": np.int64, "c": np.bool_}


def test_decoders_get_all_floats_in_single_precision() -> None:
    given = {
        "half": np.array([0.5], np.float16),
        "double": np.array([0.1, 1e300]),
        "single": np.array([0.25], np.float32),
        "whole": np.array([2**40]),
    }
    got = with_floats(given)
    assert {name: values.dtype for name, values in got.items()} == {
        "half": np.float32,
        "double": np.float32,
        "single": np.float32,
        "whole": np.int64,
    }
    assert got["single"] is given["single"]
    assert got["double"][1] == np.inf


def test_shared_memory_is_a_file_until_it_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory_module, "SHARED_MEMORY", tmp_path)
    shared = SharedMemory("region", 4096)
    shared.bytes[:3] = 1, 2, 3
    assert (tmp_path / "region").read_bytes()[:4] == bytes([1, 2, 3, 0])
    assert (tmp_path / "region").stat().st_mode & 0o777 == 0o600
    shared.close()
    assert not (tmp_path / "region").exists()
    assert shared.bytes[2] == 3


def test_no_room_is_an_error_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_module, "SHARED_MEMORY", tmp_path)
    with pytest.raises(OSError, match=r"File too large|No space left"):
        SharedMemory("region", 2**62)
    assert not (tmp_path / "region").exists()
