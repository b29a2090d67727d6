"""Models that Triton does not load, and models that refuse some inputs."""

import asyncio
import shutil
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from random import Random

import cv2
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from framemesh.modeling.local_model import LocalModel
from framemesh.modeling.manifest import DecoderSpec, DType, InputSpec, Layout, ModelManifest
from framemesh.worker.engine.engine import Engine
from framemesh.worker.engine.execution import InferenceResult
from framemesh.worker.errors import InferenceFailed, TritonStartFailed
from framemesh.worker.triton import installation
from tests.broken_files.graph_damage import endless
from tests.graph_runs import run_one

OpenEngine = Callable[..., AbstractAsyncContextManager[Engine]]

SIDE = 8
ENTRIES = 128
"""Of a table that the brightest pixel is looked up in: a brighter one makes onnxruntime fail."""

SHORT_REHEARSAL = "REHEARSAL_SECONDS = 1.0"

MANIFEST = ModelManifest(
    name="fussy",
    file="fussy.onnx",
    labels=("dark", "bright"),
    input=InputSpec("pixels", SIDE, SIDE, layout=Layout.NHWC, dtype=DType.UINT8),
    decoder=DecoderSpec("classification"),
)


def write(folder: Path, *nodes: onnx.NodeProto) -> LocalModel:
    """A model of these nodes, from pixels to scores."""
    table = np.zeros((ENTRIES, 2), np.float32)
    table[: ENTRIES // 2, 0] = table[ENTRIES // 2 :, 1] = 1
    graph = helper.make_graph(
        list(nodes),
        "graph",
        [helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["batch", SIDE, SIDE, 3])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["batch", 2])],
        [
            numpy_helper.from_array(table, "table"),
            numpy_helper.from_array(np.array([1, 2, 3], np.int64), "sides"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    path = folder / MANIFEST.file
    onnx.save(model, path)
    return LocalModel(MANIFEST, 1, path)


@pytest.fixture
def fussy(tmp_path: Path) -> LocalModel:
    """Tells dark pictures from bright ones, and fails on very bright ones."""
    return write(
        tmp_path,
        helper.make_node("Cast", ["pixels"], ["whole"], to=TensorProto.INT32),
        helper.make_node("ReduceMax", ["whole", "sides"], ["brightest"], keepdims=0),
        helper.make_node("Gather", ["table", "brightest"], ["scores"]),
    )


def picture(grey: int) -> bytes:
    return cv2.imencode(".png", np.full((20, 30, 3), grey, np.uint8))[1].tobytes()


async def test_an_input_that_a_model_refuses_takes_no_other_down(
    open_things: OpenEngine, fussy: LocalModel
) -> None:
    async with open_things(model=fussy) as engine:
        greys = [0, 100, 255, 20, 120, 200, 63, 64]
        results = await asyncio.gather(
            *(run_one(engine.graph, picture(grey)) for grey in greys * 3), return_exceptions=True
        )
        for grey, result in zip(greys * 3, results, strict=True):
            if grey >= ENTRIES:
                assert isinstance(result, InferenceFailed)
                assert "onnxruntime" in str(result)
            else:
                assert isinstance(result, InferenceResult)
                label = "dark" if grey < ENTRIES // 2 else "bright"
                assert [one.label for one in result.detections] == [label]
        assert engine.triton.healthy
        assert engine.triton.restarts == 0


async def test_a_model_that_does_not_load_is_named_with_the_reason(
    open_things: OpenEngine, tmp_path: Path
) -> None:
    model = write(tmp_path, helper.make_node("Gather", ["table", "pixels"], ["scores"]))
    with pytest.raises(TritonStartFailed, match=r"fussy-1: .*uint8"):
        async with open_things(model=model):
            pass


async def test_a_batch_that_is_open_in_name_only_is_told_with_what_to_do(
    open_things: OpenEngine, tmp_path: Path
) -> None:
    """No file tells it: a Reshape in its middle takes one picture."""
    table = helper.make_tensor("one", TensorProto.INT64, [4], [1, SIDE, SIDE, 3])
    model = write(
        tmp_path,
        helper.make_node("Constant", [], ["one"], value=table),
        helper.make_node("Reshape", ["pixels", "one"], ["picture"]),
        helper.make_node("Cast", ["picture"], ["whole"], to=TensorProto.INT32),
        helper.make_node("ReduceMax", ["whole", "sides"], ["brightest"], keepdims=0),
        helper.make_node("Gather", ["table", "brightest"], ["scores"]),
    )
    with pytest.raises(TritonStartFailed, match=r"fussy-1: .*in name only, set max_batch to 1"):
        async with open_things(model=model):
            pass


async def test_a_model_that_never_answers_is_given_up(
    open_things: OpenEngine, fussy: LocalModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backends = tmp_path / "backends"
    shutil.copytree(installation.OWN_BACKENDS, backends)
    backend = backends / "onnxruntime/model.py"
    backend.write_text(backend.read_text().replace("REHEARSAL_SECONDS = 30.0", SHORT_REHEARSAL))
    monkeypatch.setattr(installation, "OWN_BACKENDS", backends)
    model = onnx.load(fussy.onnx)
    endless(model, Random(1))  # noqa: S311 - no secret
    onnx.save(model, fussy.onnx)
    with pytest.raises(TritonStartFailed, match=r"fussy-1: a batch of \d images takes over 1 s"):
        async with open_things(model=fussy):
            pass
