"""Engines over a real Triton, with the models and the video that lie beside the checkout."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path

import cv2
import pytest

from framemesh.core.clock import SystemClock
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.modeling.local_model import LocalModel
from framemesh.modeling.manifest import (
    Color,
    DecoderSpec,
    InputSpec,
    Interpolation,
    ModelManifest,
)
from framemesh.runtime.processes.programs import ProgramMissing, triton
from framemesh.worker.engine.engine import Engine, open_engine

ASSETS = Path(__file__).parents[4] / "shared" / "assets"

OpenEngine = Callable[..., AbstractAsyncContextManager[Engine]]


@pytest.fixture(scope="session", autouse=True)
def installed() -> None:
    """What these tests need and a machine may lack; in CI it must not be missing."""
    try:
        triton()
    except ProgramMissing as error:
        if "CI" in os.environ:
            pytest.fail(str(error))
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def assets(installed: None) -> Path:
    if not ASSETS.is_dir():
        pytest.skip("the shared models and video are not beside the checkout")
    return ASSETS


@pytest.fixture(scope="session")
def frames(assets: Path) -> list[bytes]:
    """Every twentieth picture of a street video, as JPEG."""
    video = cv2.VideoCapture(str(assets / "vtest.avi"))
    pictures = [video.read()[1] for _ in range(400)]
    video.release()
    return [cv2.imencode(".jpg", picture)[1].tobytes() for picture in pictures[::20]]


@pytest.fixture(scope="session")
def things(assets: Path) -> LocalModel:
    """FastestDet: 80 kinds of things."""
    labels = tuple((assets / "coco.names").read_text().split("\n")[:80])
    manifest = ModelManifest(
        name="fastestdet",
        file="fastestdet-coco.onnx",
        labels=labels,
        input=InputSpec(
            "input.1",
            352,
            352,
            interpolation=Interpolation.AREA,
            color=Color.BGR,
            scale=1 / 255,
        ),
        decoder=DecoderSpec("fastestdet", 0.5, 0.45),
    )
    return LocalModel(manifest, 1, assets / manifest.file)


@pytest.fixture(scope="session")
def faces(assets: Path) -> LocalModel:
    """A face detector with a fixed batch of one."""
    manifest = ModelManifest(
        name="face",
        file="face-rfb-320.onnx",
        labels=("face",),
        input=InputSpec("input", 320, 240, mean=(127.0, 127.0, 127.0), std=(128.0, 128.0, 128.0)),
        # A street seen from above has hardly a face: low enough that there are boxes to compare.
        decoder=DecoderSpec("ssd", 0.1, 0.3, background=True),
        max_batch=1,
    )
    return LocalModel(manifest, 1, assets / manifest.file)


@pytest.fixture
def open_things(things: LocalModel, tmp_path: Path) -> OpenEngine:
    """Opens an engine with the one stage "things"; a model or an address may be given."""
    return partial(_engine_of_one_stage, things, tmp_path / "data")


@asynccontextmanager
async def _engine_of_one_stage(
    usual: LocalModel,
    data: Path,
    *,
    model: LocalModel | None = None,
    triton_address: str | None = None,
) -> AsyncIterator[Engine]:
    stage = StageSpec("things", usual.manifest.name)
    async with open_engine(
        PipelineSpec("street", (stage,)),
        {"things": model or usual},
        data if triton_address is None else data / "second",
        triton_address=triton_address,
        cpus=2,
        clock=SystemClock(),
    ) as engine:
        yield engine


@pytest.fixture
async def everything(
    things: LocalModel, faces: LocalModel, tmp_path: Path
) -> AsyncIterator[Engine]:
    """Things, faces in the whole picture, and faces in the crops of persons."""
    stages = (
        StageSpec("things", "fastestdet"),
        StageSpec("faces", "face"),
        StageSpec("heads", "face", for_each=("things",), labels=("person",)),
    )
    models = {"things": things, "faces": faces, "heads": faces}
    async with open_engine(
        PipelineSpec("street", stages),
        models,
        tmp_path / "data",
        triton_address=None,
        cpus=2,
        clock=SystemClock(),
    ) as engine:
        yield engine
