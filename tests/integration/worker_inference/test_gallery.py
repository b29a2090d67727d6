"""The examples find on their own pictures what their cards say."""

import asyncio
import importlib.util
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
import onnxruntime
import pytest

from framemesh.cli.common.files import read_document
from framemesh.cli.common.model_folder import read_model_folder
from framemesh.core.clock import SystemClock
from framemesh.core.detection import Detection, RasterKind
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.modeling.local_model import LocalModel
from framemesh.worker.engine.engine import Engine, open_engine
from tests.graph_runs import run_one

ROOT = Path(__file__).parents[3]
MODELS, EXAMPLES = ROOT / "models", ROOT / "examples"


@asynccontextmanager
async def example(name: str, data: Path) -> AsyncIterator[Engine]:
    """The engine of the pipeline of an example."""
    spec = read_document(EXAMPLES / name / "pipeline.yaml").read(PipelineSpec)
    folders = {stage.name: read_model_folder(MODELS / stage.model) for stage in spec.stages}
    models = {
        stage: LocalModel(folder.manifest, 1, folder.file) for stage, folder in folders.items()
    }
    async with open_engine(
        spec, models, data, triton_address=None, cpus=2, clock=SystemClock()
    ) as engine:
        yield engine


async def detections(engine: Engine, picture: Path) -> tuple[Detection, ...]:
    image = await asyncio.to_thread(picture.read_bytes)
    return (await run_one(engine.graph, image)).detections


def script(path: Path) -> ModuleType:
    """A script of the folder of a model, which is no package."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def test_defects_are_found_and_good_surfaces_are_not(tmp_path: Path) -> None:
    pictures = EXAMPLES / "inspection" / "pictures"
    async with example("inspection", tmp_path) as engine:
        for good in ("good-1.jpg", "good-2.jpg"):
            assert await detections(engine, pictures / good) == ()
        for defect in ("scratch.jpg", "spot.jpg", "dent.jpg"):
            (found,) = await detections(engine, pictures / defect)
            assert found.label == "anomaly"
            assert found.score >= 0.5
            assert found.raster is not None
            assert found.raster.kind is RasterKind.ANOMALY


async def test_ships_are_found_on_tiles_of_a_large_picture(tmp_path: Path) -> None:
    harbour = script(MODELS / "ships" / "harbour.py").harbour
    random = np.random.default_rng(9)
    sample = await asyncio.to_thread(harbour, random, 1920, 1440, 60)
    ships = sample.boxes / [1920, 1440, 1920, 1440]
    async with example("ships", tmp_path) as engine:
        found = await detections(engine, EXAMPLES / "ships" / "pictures" / "harbour.jpg")
    middles = [(box.left + box.right, box.top + box.bottom) for each in found if (box := each.box)]
    near = np.abs((ships[:, None, :2] + ships[:, None, 2:] - middles) / 2).max(axis=2) < 0.004
    assert near.any(axis=1).mean() > 0.9
    assert near.any(axis=0).mean() > 0.9
    # One of each, also where two tiles show it.
    assert 50 <= len(found) <= 66


@pytest.mark.parametrize("number", [1, 2, 3, 4])
async def test_the_area_of_nuclei_is_that_of_the_model(tmp_path: Path, number: int) -> None:
    picture = EXAMPLES / "cells" / "pictures" / f"{number}.png"
    grey = cv2.imread(str(picture), cv2.IMREAD_GRAYSCALE)
    assert grey is not None
    session = onnxruntime.InferenceSession(MODELS / "cells" / "1" / "model.onnx")
    logits = session.run(None, {"input": np.float32(grey[None, None]) / 255})[0]
    async with example("cells", tmp_path) as engine:
        (found,) = await detections(engine, picture)
    assert found.raster is not None
    areas = {each.label: each.area for each in found.raster.areas}
    assert areas["nucleus"] == pytest.approx(float((logits > 0).mean()), abs=0.001)


CODES = {
    "1.jpg": ("PY-522", "R-6739", "WQ-RBH", "8-6023", "EJEF-LWW"),
    "2.jpg": ("85-GJKJ", "WOR-QCFB", "09-YEQG-01", "JSB-3138", "94-2750"),
    "3.jpg": ("RZ-NPKA", "LR-59-DSZ", "516-0-6355", "CMA-5-R"),
    "4.jpg": ("BVPP-5M-PS", "3010-29", "4963-BBK", "3-5-OR58"),
}
"""Of the pictures, from the top."""


async def test_the_codes_of_parcels_are_found_and_read(tmp_path: Path) -> None:
    async with example("text", tmp_path) as engine:
        for picture, codes in CODES.items():
            found = await detections(engine, EXAMPLES / "text" / "pictures" / picture)
            words = [each for each in found if each.text]
            for each in words:
                assert each.parent is not None
                assert found[each.parent].label == "code"
            boxes = {each.text: found[each.parent or 0].box for each in words}
            tops = {text: box.top for text, box in boxes.items() if box is not None}
            assert tuple(sorted(tops, key=lambda text: tops[text])) == codes


ARMS = {
    "1.jpg": ((287, 387), (188, 170)),
    "2.jpg": ((289, 395), (340, 109)),
    "3.jpg": ((184, 418), (152, 202)),
    "4.jpg": ((402, 407), (407, 120)),
}
"""Of each picture where the base and the wrist are, in pixels."""


async def test_the_joints_of_an_arm_are_where_they_are(tmp_path: Path) -> None:
    async with example("pose", tmp_path) as engine:
        for picture, places in ARMS.items():
            (arm,) = await detections(engine, EXAMPLES / "pose" / "pictures" / picture)
            for number, place in zip((0, 3), places, strict=True):
                at = arm.keypoints[number].at
                assert (at.x * 640, at.y * 480) == pytest.approx(place, abs=12)
