"""A stage on tiles finds in each what the model finds there by itself."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from framemesh.core.clock import SystemClock
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec, TilesSpec
from framemesh.modeling.local_model import LocalModel
from framemesh.worker.engine.engine import open_engine
from tests.graph_runs import run_one
from tests.reference import Scored, assert_same, decoded, direct_things, session

SIDE = 576


@pytest.mark.blocks_loop("calls the model directly")
async def test_four_tiles_are_four_images(
    things: LocalModel, frames: list[bytes], tmp_path: Path
) -> None:
    squares = [decoded(frame)[:, -SIDE:] for frame in frames[:4]]
    whole = np.vstack([np.hstack(squares[:2]), np.hstack(squares[2:])])
    png = cv2.imencode(".png", whole)[1].tobytes()
    expected: Scored = []
    model = session(things.onnx)
    for at, square in enumerate(squares):
        across, down = at % 2, at // 2
        for class_id, score, (left, top, right, bottom) in direct_things(model, square):
            box = ((left + across) / 2, (top + down) / 2, (right + across) / 2, (bottom + down) / 2)
            expected.append((class_id, score, box))
    stage = StageSpec("things", "fastestdet", tiles=TilesSpec(SIDE, overlap=0.0))
    async with open_engine(
        PipelineSpec("street", (stage,)),
        {"things": things},
        tmp_path,
        triton_address=None,
        cpus=2,
        clock=SystemClock(),
    ) as engine:
        result = await run_one(engine.graph, png)
    assert len(expected) > 4
    assert_same(result.detections, expected)
    assert (result.width, result.height) == (2 * SIDE, 2 * SIDE)
