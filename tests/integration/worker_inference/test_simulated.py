"""The simulated accelerator: how long it takes is what its manifest says, and nothing else."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from framemesh.cli.common.model_folder import read_model_folder
from framemesh.core.clock import SystemClock
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.modeling.local_model import LocalModel
from framemesh.modeling.manifest import SimulatedSpec
from framemesh.worker.engine.engine import Engine, open_engine
from tests.graph_runs import run_one

FOLDER = Path(__file__).parents[3] / "examples/simulated"
TOLERANCE = 0.2
"""Of a time: the server takes a millisecond of its own, and ten where the machine is busy."""


@pytest.fixture(scope="session")
def bundled() -> LocalModel:
    """A batch of 8 takes 100 ms, a single picture 30 ms."""
    folder = read_model_folder(FOLDER)
    return LocalModel(folder.manifest, 1, folder.file)


@pytest.fixture(scope="session")
def simulated(bundled: LocalModel) -> LocalModel:
    """A batch of 8 takes 400 ms, a single picture 120 ms: long enough to be told from the rest."""
    slow = SimulatedSpec(base_ms=80, per_image_ms=40)
    return replace(bundled, manifest=replace(bundled.manifest, simulated=slow))


@asynccontextmanager
async def open_simulated(
    model: LocalModel, data: Path, *, triton_address: str | None = None
) -> AsyncIterator[Engine]:
    async with open_engine(
        PipelineSpec("street", (StageSpec("nothing", model.manifest.name),)),
        {"nothing": model},
        data,
        triton_address=triton_address,
        cpus=2,
        clock=SystemClock(),
    ) as engine:
        yield engine


def jpeg() -> bytes:
    noise = np.random.default_rng(7).integers(0, 256, (120, 160, 3), np.uint8)
    return cv2.imencode(".jpg", noise)[1].tobytes()


async def seconds(engine: Engine, *runs: tuple[int, int]) -> float:
    """The shortest of three times for requests of these (first row, rows), all sent at once."""
    (model,) = engine.triton.models
    found = []
    for _ in range(3):
        started = time.monotonic()
        await asyncio.gather(
            *(engine.triton.infer(model, range(first, first + count)) for first, count in runs)
        )
        found.append(time.monotonic() - started)
    return min(found)


async def test_a_batch_takes_the_base_and_a_time_for_each_picture(
    simulated: LocalModel, tmp_path: Path
) -> None:
    async with open_simulated(simulated, tmp_path) as engine:
        one, eight = await seconds(engine, (0, 1)), await seconds(engine, (0, 8))
    assert one == pytest.approx(0.120, rel=TOLERANCE)
    assert eight / one == pytest.approx(400 / 120, rel=TOLERANCE)


async def test_it_works_off_one_batch_after_the_other(
    simulated: LocalModel, tmp_path: Path
) -> None:
    manifest = replace(simulated.manifest, instances=0)
    async with open_simulated(replace(simulated, manifest=manifest), tmp_path) as engine:
        together = await seconds(engine, (0, 8), (8, 8))
    assert together == pytest.approx(0.800, rel=TOLERANCE)


async def test_two_instances_work_side_by_side(simulated: LocalModel, tmp_path: Path) -> None:
    manifest = replace(simulated.manifest, instances=2)
    async with open_simulated(replace(simulated, manifest=manifest), tmp_path) as engine:
        together = await seconds(engine, (0, 8), (8, 8))
    assert together == pytest.approx(0.400, rel=TOLERANCE)


async def test_without_a_batch_dimension_pictures_go_one_by_one(
    simulated: LocalModel, tmp_path: Path
) -> None:
    manifest = replace(simulated.manifest, max_batch=1)
    async with open_simulated(replace(simulated, manifest=manifest), tmp_path) as engine:
        assert await seconds(engine, (0, 1)) == pytest.approx(0.120, rel=TOLERANCE)
        assert (await run_one(engine.graph, jpeg())).detections == ()


async def test_frames_are_done_at_its_capacity_and_nothing_is_seen(
    bundled: LocalModel, tmp_path: Path
) -> None:
    async with open_simulated(bundled, tmp_path) as engine:
        image = jpeg()
        started = time.monotonic()
        seen = await asyncio.gather(*(run_one(engine.graph, image) for _ in range(64)))
        took = time.monotonic() - started
    assert {each.detections for each in seen} == {()}
    # 80 a second. The first requests are not full: nothing waits for company at an idle model.
    assert 0.79 < took < 1.3


async def test_a_given_triton_loads_it(simulated: LocalModel, tmp_path: Path) -> None:
    other = replace(simulated, version=2)
    async with (
        open_simulated(simulated, tmp_path) as first,
        open_simulated(other, tmp_path / "second", triton_address=first.triton.address) as second,
    ):
        assert second.triton.shared_memory
        assert await seconds(second, (0, 8)) == pytest.approx(0.400, rel=TOLERANCE)
