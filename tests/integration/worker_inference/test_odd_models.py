"""What is accepted is served: every odd model that validation takes, on one real Triton each."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import cv2
import numpy as np
import pytest

from framemesh.core.clock import SystemClock
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.modeling.local_model import LocalModel
from framemesh.worker.engine.engine import Engine, open_engine
from framemesh.worker.triton import served_model
from tests.graph_runs import run_one
from tests.odd_models.accepted import ACCEPTED
from tests.odd_models.odd_model import OddModel

FRAMES = {
    label: cv2.imencode(".png", np.full((20, 30, 3), value, np.uint8))[1].tobytes()
    for label, value in (("bright", 255), ("dark", 0))
}


def local_model(odd: OddModel, folder: Path) -> LocalModel:
    folder.mkdir()
    onnx = folder / odd.manifest.file
    onnx.write_bytes(odd.onnx)
    return LocalModel(odd.manifest, 1, onnx)


@asynccontextmanager
async def engine_of(odd: OddModel, folder: Path, address: str | None) -> AsyncIterator[Engine]:
    async with open_engine(
        PipelineSpec("odd", (StageSpec("odd", odd.manifest.name),)),
        {"odd": local_model(odd, folder)},
        folder / "data",
        triton_address=address,
        cpus=1,
        clock=SystemClock(),
    ) as engine:
        yield engine


@pytest.mark.parametrize("odd", ACCEPTED, ids=lambda odd: odd.name)
async def test_an_accepted_model_answers_a_frame(odd: OddModel, tmp_path: Path) -> None:
    async with engine_of(odd, tmp_path / "odd", None) as engine:
        seen = await run_one(engine.graph, FRAMES["bright"])
    assert seen.detections[0].label == "bright"


def no_room(name: str, size: int) -> None:
    raise OSError(28, f"no room for {size} bytes")


MANY = ("open batch", "fixed batch of 4", "no batch dimension", "a second input of a fixed batch",
        "a second input of whole numbers", "half floats out")  # fmt: skip


@pytest.mark.parametrize(
    "odd", [odd for odd in ACCEPTED if odd.name in MANY], ids=lambda odd: odd.name
)
async def test_frames_at_once_each_get_their_own_answer(
    odd: OddModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In shared memory, and in messages to the same Triton."""
    labels = ["bright", "dark", "dark"] * 7
    async with engine_of(odd, tmp_path / "near", None) as near:
        monkeypatch.setattr(served_model, "SharedMemory", no_room)
        async with engine_of(odd, tmp_path / "far", near.triton.address) as far:
            for engine in (near, far):
                runs = (run_one(engine.graph, FRAMES[label]) for label in labels)
                seen = await asyncio.gather(*runs)
                assert [one.detections[0].label for one in seen] == labels
            assert near.triton.shared_memory
            assert not far.triton.shared_memory
