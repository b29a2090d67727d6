"""A file is run in a process of its own, and whatever that does is one line, soon."""

import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from framemesh.cli.inspection import inspect as inspection
from framemesh.cli.inspection.inference import GIB, InferenceFailed, Limits, run_once
from framemesh.cli.inspection.inspect import inspect
from framemesh.core.errors import FramemeshError
from framemesh.modeling.recognition.choice import Choice
from framemesh.modeling.recognition.result import Recognised
from tests.model_families.signatures import SIGNATURES

pytest.importorskip("onnxruntime")

PYTHON = Path(sys.executable)
"""The tests' own environment has the same onnxruntime as workers."""

LIMITS = Limits(seconds=9, memory_bytes=3 * GIB)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "small.onnx"
    path.write_bytes(SIGNATURES["a classifier with softmax"].file())
    return path


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspection, "runtime_python", lambda: PYTHON)


INPUT = {"images": np.zeros((1, 3, 224, 224), np.float32)}


def write(path: Path, nodes: list[onnx.NodeProto], output: int = TensorProto.FLOAT) -> Path:
    graph = helper.make_graph(
        nodes,
        "graph",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, 8, 8])],
        [helper.make_tensor_value_info("output", output, None)],
        [numpy_helper.from_array(np.array([1, 40_000, 40_000], np.int64), "huge")],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path.write_bytes(made.SerializeToString())
    return path


SMALL_INPUT = {"images": np.zeros((1, 3, 8, 8), np.float32)}


def test_a_model_answers_and_is_timed(model: Path) -> None:
    found = run_once(PYTHON, model, INPUT, try_two=False)
    assert found.probe.outputs["output"].shape == (1, 10)
    assert 0 < found.probe.seconds < 5


def test_a_batch_that_is_not_open_is_found_out(model: Path) -> None:
    assert not run_once(PYTHON, model, INPUT, try_two=True).batches


def test_memory_has_a_limit(tmp_path: Path) -> None:
    path = write(
        tmp_path / "greedy.onnx",
        [
            helper.make_node("ConstantOfShape", ["huge"], ["filled"]),
            helper.make_node("ReduceMax", ["filled"], ["peak"], keepdims=0),
            helper.make_node("ReduceMax", ["images"], ["most"], keepdims=0),
            helper.make_node("Add", ["peak", "most"], ["output"]),
        ],
    )
    with pytest.raises(InferenceFailed, match=r"greedy.onnx: it takes over 3.0 GiB of memory"):
        run_once(PYTHON, path, SMALL_INPUT, try_two=False, limits=LIMITS)


def test_time_has_a_limit(tmp_path: Path) -> None:
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["going"], ["still_going"]),
            helper.make_node("Identity", ["value"], ["next_value"]),
        ],
        "body",
        [
            helper.make_tensor_value_info("turn", TensorProto.INT64, []),
            helper.make_tensor_value_info("going", TensorProto.BOOL, []),
            helper.make_tensor_value_info("value", TensorProto.FLOAT, None),
        ],
        [
            helper.make_tensor_value_info("still_going", TensorProto.BOOL, []),
            helper.make_tensor_value_info("next_value", TensorProto.FLOAT, None),
        ],
    )
    forever = helper.make_node("Loop", ["", "", "images"], ["output"], body=body)
    path = write(tmp_path / "endless.onnx", [forever])
    started = time.monotonic()
    with pytest.raises(InferenceFailed, match=r"endless.onnx: .* took over 3 s"):
        run_once(PYTHON, path, SMALL_INPUT, try_two=False, limits=Limits(3, 3 * GIB))
    assert time.monotonic() - started < 8


def test_the_end_of_the_process_is_one_line(model: Path, tmp_path: Path) -> None:
    crashing = tmp_path / "python"
    crashing.write_text("#!/bin/sh\nkill -SEGV $$\n")
    crashing.chmod(0o755)
    with pytest.raises(InferenceFailed, match="ended with signal SIGSEGV"):
        run_once(crashing, model, INPUT, try_two=False)


def test_what_the_runtime_says_is_one_line(model: Path) -> None:
    with pytest.raises(InferenceFailed) as failure:
        run_once(PYTHON, model, {"images": np.zeros((1, 3, 5, 5), np.float32)}, try_two=False)
    assert "small.onnx does not run" in str(failure.value)
    assert "\n" not in str(failure.value)


def test_a_file_is_recognised_by_what_it_answers(tmp_path: Path, runtime: None) -> None:
    path = tmp_path / "yolox_s.onnx"
    path.write_bytes(SIGNATURES["YOLOX"].file())
    found = inspect(path, Choice(), None)
    assert isinstance(found.result, Recognised)
    assert found.result.guess.decoder == "yolox"
    assert found.inference is not None


def test_without_a_runtime_the_check_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRAMEMESH_TRITON_ENV", str(tmp_path))
    path = tmp_path / "yolo.onnx"
    path.write_bytes(SIGNATURES["YOLOv8"].file())
    found = inspect(path, Choice(), None)
    assert found.inference is None
    assert "framemesh setup" in found.not_run
    assert isinstance(found.result, Recognised)


def mutations(good: bytes, count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Files as they come out of broken downloads, broken tools, and bad intentions."""
    rng = random.Random(seed)  # noqa: S311 - no secret
    for number in range(count):
        kind = KINDS[number % len(KINDS)]
        yield f"{kind} {number}", _mutated(kind, good, rng)


KINDS = ("cut", "bit", "zeros", "type", "no initialisers", "dimension", "nested", "same names")


def _mutated(kind: str, good: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(16, len(good))
    match kind:
        case "cut":
            return good[:at]
        case "bit":
            return good[:at] + bytes([good[at] ^ (1 << rng.randrange(8))]) + good[at + 1 :]
        case "zeros":
            return good[:at] + bytes(min(64, len(good) - at)) + good[at + 64 :]
        case "nested":  # a graph within a graph, and so on
            bomb = b""
            for _ in range(rng.randrange(40, 400)):
                bomb = b"\x3a" + _varint(len(bomb)) + bomb
            return good + bomb
        case _:
            return _remodelled(kind, good, rng)


def _remodelled(kind: str, good: bytes, rng: random.Random) -> bytes:
    model = onnx.load_from_string(good)
    graph = model.graph
    if kind == "type":
        graph.input[0].type.tensor_type.elem_type = rng.choice([0, 7, 9, 16, 99])
    elif kind == "no initialisers":
        del graph.initializer[rng.randrange(len(graph.initializer)) :]
    elif kind == "dimension":
        dimensions = graph.input[0].type.tensor_type.shape.dim
        rng.choice(dimensions).dim_value = rng.choice([0, -5, 3, 10**6, 2**40, 2**62])
    else:
        graph.node[-1].output[0] = rng.choice([graph.input[0].name, graph.node[0].output[0]])
    return bytes(model.SerializeToString())


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes((*out, value))


@pytest.mark.timeout(180)
def test_sixty_broken_files_are_each_one_line_and_soon(tmp_path: Path, runtime: None) -> None:
    good = SIGNATURES["a classifier with softmax"].file()
    path = tmp_path / "broken.onnx"
    for what, content in mutations(good, 64, seed=9):
        path.write_bytes(content)
        started = time.monotonic()
        said = refusal(path)
        assert said is None or (said and "\n" not in said), what
        assert time.monotonic() - started < 10, what


def refusal(path: Path) -> str | None:
    """The line that refuses a file; None where the change did no harm."""
    try:
        inspect(path, Choice(), None)
    except FramemeshError as error:
        return str(error)
    return None
