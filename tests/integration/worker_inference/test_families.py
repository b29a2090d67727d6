"""Each family on a real Triton: second inputs, whole numbers, float16, lists without a batch."""

from pathlib import Path

import pytest

from framemesh.core.clock import SystemClock
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.modeling.local_model import LocalModel
from framemesh.worker.engine.engine import open_engine
from tests.graph_runs import run_one
from tests.model_families.comparison import assert_same
from tests.model_families.families import ALL, family
from tests.model_families.planted import PICTURE_SIZES, picture, png


@pytest.mark.timeout(180)
@pytest.mark.blocks_loop("calls the models directly, and encodes large pictures")
async def test_every_family_finds_what_the_reference_finds(tmp_path: Path) -> None:
    models = dict[str, LocalModel]()
    for name in ALL:
        file = tmp_path / f"{name}.onnx"
        file.write_bytes(family(name).file)
        models[name] = LocalModel(family(name).manifest, 1, file)
    async with open_engine(
        PipelineSpec("families", tuple(StageSpec(name, name) for name in models)),
        models,
        tmp_path / "data",
        triton_address=None,
        cpus=1,
        clock=SystemClock(),
    ) as engine:
        for size in PICTURE_SIZES:
            seen = await run_one(engine.graph, png(size))
            for name in models:
                found = [one for one in seen.detections if one.stage == name]
                assert_same(found, family(name).expected(picture(size)))
