"""What is accepted is served: every odd model that validation takes, on one real Triton each."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from framemesh.core.clock import SystemClock
from framemesh.core.pipeline.spec import PipelineSpec, StageSpec
from framemesh.modeling.local_model import LocalModel
from framemesh.worker.engine.engine import open_engine
from tests.odd_models import ACCEPTED, OddModel


@pytest.mark.parametrize("odd", ACCEPTED, ids=lambda odd: odd.name)
async def test_an_accepted_model_answers_a_frame(odd: OddModel, tmp_path: Path) -> None:
    onnx = tmp_path / odd.manifest.file
    onnx.write_bytes(odd.onnx)
    image = cv2.imencode(".png", np.full((20, 30, 3), 255, np.uint8))[1].tobytes()
    async with open_engine(
        PipelineSpec("odd", (StageSpec("odd", odd.manifest.name),)),
        {"odd": LocalModel(odd.manifest, 1, onnx)},
        tmp_path / "data",
        triton_address=None,
        cpus=1,
        clock=SystemClock(),
    ) as engine:
        seen = await engine.graph.run(image)
    assert seen.detections[0].label == "bright"
