"""Models that answer something else than they declare: each frame that they lie about fails, with
the tensor's name and both shapes, and never gets what another frame's answer left behind."""

import asyncio
import re
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from framemesh.modeling.local_model import LocalModel
from framemesh.modeling.manifest import (
    DecoderSpec,
    DType,
    InputSpec,
    Layout,
    ModelManifest,
    SimulatedSpec,
)
from framemesh.worker.engine.engine import Engine
from framemesh.worker.engine.execution import InferenceResult
from framemesh.worker.errors import InferenceFailed
from framemesh.worker.triton import repository, served_model
from tests.graph_runs import run_one

OpenEngine = Callable[..., AbstractAsyncContextManager[Engine]]

SIDE = 8
CLASSES = 4
LABELS = ("a", "b", "c", "d")
SHORT, HALF, NOT_A_NUMBER, INFINITE = 10, 20, 30, 40
"""The brightness of pictures that the model lies about; of others it says that they are "d"."""

LYING_MODEL = Path(__file__).with_name("lying_model.py")
LIES = (
    r"scores is FP32 \[1, 1, 4\]; declared for 1 images is FP32 \[1, 2, 4\]",
    r"scores is FP32 \[1, 4, 4\]; declared for 1 images is FP32 \[1, 2, 4\]",
    r"scores is FP32 \[1, 8\]",
    r"scores is FP64 \[1, 2, 4\]; declared for 1 images is FP32 \[1, 2, 4\]",
    r"scores is INT32 \[1, 2, 4\]",
    r"the answer has the outputs \['scores'\], not \['scores', 'boxes'\]",
    r"boxes: 1 of 8 values are NaN or infinite",
    r"boxes: 1 of 8 values are NaN or infinite",
)
"""What is said of each lie of lying_model.py."""

INPUT = InputSpec("pixels", SIDE, SIDE, layout=Layout.NHWC, dtype=DType.UINT8)


def liar(folder: Path) -> LocalModel:
    """Declares `scores` [batch, 4], and answers fewer classes or pictures for some brightness."""
    table = np.zeros((256, CLASSES), np.float32)
    table[:, -1] = 1
    table[NOT_A_NUMBER, 0], table[INFINITE, 0] = np.nan, np.inf
    # Of the answer's sides: 4 classes, or 2; of each picture a row, or of every second.
    sides = np.full((256, 2), (-1, CLASSES), np.int64)
    ends = np.full((256, 1), CLASSES, np.int64)
    ends[SHORT] = 2
    sides[SHORT] = (-1, 2)
    sides[HALF] = (-1, 2 * CLASSES)
    constants: dict[str, NDArray[Any]] = {
        "table": table,
        "sides": sides,
        "ends": ends,
        "pixel": np.array([1, 2, 3], np.int64),
        "picture": np.array([0], np.int64),
        "start": np.array([0], np.int64),
        "axis": np.array([1], np.int64),
    }
    nodes = [
        helper.make_node("Cast", ["pixels"], ["whole"], to=TensorProto.INT32),
        helper.make_node("ReduceMax", ["whole", "pixel"], ["brightness"], keepdims=0),
        helper.make_node("ReduceMin", ["brightness", "picture"], ["darkest"], keepdims=0),
        helper.make_node("Gather", ["ends", "darkest"], ["end"]),
        helper.make_node("Gather", ["sides", "darkest"], ["answered"]),
        helper.make_node("Gather", ["table", "brightness"], ["all"]),
        helper.make_node("Slice", ["all", "start", "end", "axis"], ["cut"]),
        helper.make_node("Reshape", ["cut", "answered"], ["scores"]),
    ]
    graph = helper.make_graph(
        nodes,
        "graph",
        [helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["batch", SIDE, SIDE, 3])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["batch", CLASSES])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    manifest = ModelManifest("liar", "liar.onnx", LABELS, INPUT, DecoderSpec("classification"))
    path = folder / manifest.file
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), path
    )
    return LocalModel(manifest, 1, path)


def picture(brightness: int) -> bytes:
    return cv2.imencode(".png", np.full((20, 30, 3), brightness, np.uint8))[1].tobytes()


def no_room(name: str, size: int) -> None:
    raise OSError(28, f"no room for {size} bytes")


@pytest.fixture(params=["memory", "message"])
def transport(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "message":
        monkeypatch.setattr(served_model, "SharedMemory", no_room)
    return str(request.param)


async def results(engine: Engine, *brightness: int) -> list[str]:
    """The label of each of some pictures that come at once, or why it failed."""
    found = await asyncio.gather(
        *(run_one(engine.graph, picture(each)) for each in brightness), return_exceptions=True
    )
    return [
        one.detections[0].label if isinstance(one, InferenceResult) else _reason(one)
        for one in found
    ]


def _reason(error: BaseException) -> str:
    assert isinstance(error, InferenceFailed), repr(error)
    return str(error)


async def test_a_shorter_answer_never_shows_an_earlier_frame(
    open_things: OpenEngine, tmp_path: Path, transport: str
) -> None:
    async with open_things(model=liar(tmp_path)) as engine:
        assert engine.triton.shared_memory == (transport == "memory")
        # Every row of the memory has an answer of "d" in it.
        assert await results(engine, *[200] * 32) == ["d"] * 32
        for brightness, why in (
            (SHORT, "output scores is FP32 [1, 2]; declared for 1 images is FP32 [1, 4]"),
            (NOT_A_NUMBER, "output scores: 1 of 4 values are NaN or infinite"),
            (INFINITE, "output scores: 1 of 4 values are NaN or infinite"),
        ):
            (found,) = await results(engine, brightness)
            assert why in found
        assert await results(engine, 200) == ["d"]
        assert engine.triton.restarts == 0


async def test_among_others_in_a_batch_only_the_frame_lied_about_fails(
    open_things: OpenEngine, tmp_path: Path, transport: str
) -> None:
    async with open_things(model=liar(tmp_path)) as engine:
        for brightness in (SHORT, NOT_A_NUMBER, INFINITE):
            found = await results(engine, *[200, 210, 220, brightness] * 6)
            for at, one in enumerate(found):
                assert ("model liar-1" in one) if at % 4 == 3 else (one == "d")


async def test_fewer_pictures_than_asked_for_are_an_error(
    open_things: OpenEngine, tmp_path: Path, transport: str
) -> None:
    async with open_things(model=liar(tmp_path)) as engine:
        (model,) = engine.triton.models
        for row, into in enumerate(model.arena.inputs[:4]):
            into[...] = HALF + row
        with pytest.raises(InferenceFailed, match=r"scores is FP32 \[2, 8\]; .* FP32 \[4, 4\]"):
            await engine.triton.infer(model, range(4))


def declared(folder: Path) -> LocalModel:
    """What lying_model.py says of itself; Triton runs that file in place of this one."""
    sides: list[str | int | None] = ["batch", 2, CLASSES]
    graph = helper.make_graph(
        # Never run: the file tells only the names and shapes.
        [
            helper.make_node("Cast", ["pixels"], [name], to=TensorProto.FLOAT)
            for name in ("scores", "boxes")
        ],
        "graph",
        [helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["batch", SIDE, SIDE, 3])],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, sides)
            for name in ("scores", "boxes")
        ],
    )
    manifest = ModelManifest(
        "liar", "liar.onnx", LABELS, INPUT, DecoderSpec("ssd"), simulated=SimulatedSpec(0, 0)
    )
    onnx.save(helper.make_model(graph), folder / manifest.file)
    return LocalModel(manifest, 1, folder / manifest.file)


async def test_a_backend_that_lies_about_shapes_types_and_outputs_is_found_out(
    open_things: OpenEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, transport: str
) -> None:
    monkeypatch.setattr(repository, "SIMULATION", LYING_MODEL)
    async with open_things(model=declared(tmp_path)) as engine:
        for lie, why in enumerate(LIES):
            assert await results(engine, 50) == ["d"]
            (found,) = await results(engine, 128 + lie)
            assert re.search(f"model liar-1 .*{why}", found), found
        assert engine.triton.restarts == 0
