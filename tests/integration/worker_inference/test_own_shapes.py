"""Models whose inputs have each camera's own shape, on a real Triton, against direct calls."""

import asyncio
from pathlib import Path

import cv2
import numpy as np
import pytest

from framemesh.core.clock import SystemClock
from framemesh.core.detection import Detection
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.modeling.local_model import LocalModel
from framemesh.worker.engine.engine import open_engine
from tests.graph_runs import run_one
from tests.model_families import own_shapes
from tests.model_families.planted import PICTURE_SIZES, Picture, picture

LONG = np.asarray(cv2.resize(picture("landscape"), (1500, 40)), np.uint8)
"""As the crop of a train."""


def found(detections: list[Detection], stage: str) -> list[own_shapes.Found]:
    return [
        (one.class_id, one.score, (one.box.left, one.box.top, one.box.right, one.box.bottom))
        for one in detections
        if one.stage == stage and one.box is not None
    ]


@pytest.mark.blocks_loop("calls the models directly")
async def test_cameras_of_all_shapes_share_a_model(tmp_path: Path) -> None:
    models = {}
    for manifest, content in (
        (own_shapes.GRID_MANIFEST, own_shapes.grid_model()),
        (own_shapes.QUERY_MANIFEST, own_shapes.query_model()),
    ):
        file = tmp_path / manifest.file
        file.write_bytes(content)
        models[manifest.name] = LocalModel(manifest, 1, file)
    pictures: list[Picture] = [*map(picture, PICTURE_SIZES), LONG]
    expected = [
        (own_shapes.grid_expected(each), own_shapes.query_expected(each)) for each in pictures
    ]
    assert all(grid and query for grid, query in expected)
    async with open_engine(
        PipelineSpec("shapes", tuple(StageSpec(name, name) for name in models)),
        models,
        tmp_path / "data",
        triton_address=None,
        cpus=2,
        clock=SystemClock(),
    ) as engine:
        # Several of each, all at once: batches are made of those that have one shape.
        frames = [cv2.imencode(".png", each)[1].tobytes() for each in pictures] * 6
        seen = await asyncio.gather(*(run_one(engine.graph, frame) for frame in frames))
    for at, one in enumerate(seen):
        grid, query = expected[at % len(pictures)]
        own_shapes.assert_same(found(list(one.detections), "grid"), grid)
        own_shapes.assert_same(found(list(one.detections), "query"), query)
