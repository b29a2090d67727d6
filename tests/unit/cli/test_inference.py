"""A file is run in a process of its own, and whatever that does is one line, soon."""

import sys
import time
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from framemesh.cli.inspection import inspect as inspection
from framemesh.cli.inspection.inference import GIB, InferenceFailed, Limits, run_once
from framemesh.cli.inspection.inspect import inspect
from framemesh.cli.inspection.one_file import one_file, scratch_folder
from framemesh.core.errors import FramemeshError
from framemesh.modeling import mapped_weights
from framemesh.modeling.recognition.choice import Choice
from framemesh.modeling.recognition.result import Recognised
from tests.broken_files.attempt import FOREIGN
from tests.broken_files.broken_files import KINDS, broken_files
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


def test_the_weights_of_a_large_model_are_not_copied(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = run_once(PYTHON, model, INPUT, try_two=False).probe.outputs
    monkeypatch.setattr(mapped_weights, "MIN_SHARED_BYTES", 1)
    found = run_once(PYTHON, model, INPUT, try_two=False).probe.outputs
    np.testing.assert_array_equal(found["output"], expected["output"])


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
    with pytest.raises(InferenceFailed, match=r"endless.onnx: .* took over \d s"):
        run_once(PYTHON, path, SMALL_INPUT, try_two=False, limits=Limits(3, 3 * GIB))
    # Three times as long where the tests beside it leave it no CPU.
    assert time.monotonic() - started < 3 * 3 + 5


def test_a_file_that_had_to_wait_for_the_machine_gets_more_time(
    model: Path, tmp_path: Path
) -> None:
    slow = tmp_path / "python"
    slow.write_text(f'#!/bin/sh\nsleep 6\nexec {PYTHON} "$@"\n')
    slow.chmod(0o755)
    limits = Limits(seconds=5, memory_bytes=3 * GIB)
    assert run_once(slow, model, INPUT, try_two=False, limits=limits).probe.outputs


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


@pytest.mark.timeout(180)
def test_a_broken_file_of_each_kind_is_one_line_and_soon(tmp_path: Path, runtime: None) -> None:
    for number, file in enumerate(broken_files(len(KINDS), seed=9)):
        path = file.write(tmp_path / str(number), "broken")
        started = time.monotonic()
        said = refusal(path)
        assert said is None or (said and "\n" not in said and said.isprintable()), file.kind
        assert said is None or not any(word in said for word in FOREIGN), said
        # Within 10 s, and three times as long where other tests leave it no CPU.
        assert time.monotonic() - started < 3 * 10, file.kind


def test_broken_files_are_the_same_for_the_same_seed() -> None:
    assert list(broken_files(len(KINDS), seed=3)) == list(broken_files(len(KINDS), seed=3))
    assert list(broken_files(len(KINDS), seed=3)) != list(broken_files(len(KINDS), seed=4))


def refusal(path: Path) -> str | None:
    """The line that refuses a file; None where the change did no harm."""
    try:
        with scratch_folder() as scratch:
            inspect(one_file(path, scratch), Choice(), None)
    except FramemeshError as error:
        return str(error)
    return None
