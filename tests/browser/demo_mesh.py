"""A mesh with the examples of this repository, each as cameras that never end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from framemesh.cli.commands.pipeline import read_pipeline
from framemesh.cli.local.dashboard_token import dashboard_token
from framemesh.cli.local.ports import Ports
from framemesh.cli.local.running import running_mesh
from framemesh.core.pipeline.spec import WorkersSpec
from tests.browser.browser import Browser
from tests.browser.dashboard import Dashboard, sending
from tests.e2e.mesh import ROOT, Mesh
from tests.jpegs import frames_of

STORE_BYTES = 16 * 1024**3
"""Room for the buffers of all pipelines, should they fill."""

CLIP = "street.mp4"


@dataclass(frozen=True, slots=True)
class Example:
    """A folder of examples/, and the cameras that send its pictures."""

    name: str
    models: tuple[str, ...]
    cameras: tuple[str, ...]
    per_second: float
    """Frames of each camera."""
    workers: WorkersSpec = field(default_factory=WorkersSpec)

    def images(self) -> list[bytes]:
        """Its pictures, or every second frame of its clip."""
        folder = ROOT / "examples" / self.name
        if (folder / CLIP).exists():
            return clip(folder / CLIP)
        return [path.read_bytes() for path in sorted((folder / "pictures").iterdir())]


STREETS = ("crossing", "door", "gate", "lane", "tower", "yard")

EXAMPLES = (
    Example("street", ("person",), STREETS, 3, WorkersSpec(1, 2)),
    Example("text", ("parcel-code", "code-reader"), ("belt-1", "belt-2"), 1),
    Example("pose", ("arm-pose",), ("cell-a", "cell-b"), 1),
    Example("inspection", ("inspection",), ("plate-1",), 1),
    Example("cells", ("cells",), ("microscope",), 1),
)


def clip(path: Path) -> list[bytes]:
    return frames_of(path)[::2]


@asynccontextmanager
async def demo_mesh(
    browser: Browser, data: Path, examples: tuple[Example, ...] = EXAMPLES
) -> AsyncIterator[Dashboard]:
    """A mesh on free ports in which all examples run until the end of the block."""
    async with running_mesh(data, Ports.free(), store_max_bytes=STORE_BYTES) as run:
        mesh = Mesh(run)
        for model in {model for example in examples for model in example.models}:
            await mesh.add_model(ROOT / "models" / model)
        async with AsyncExitStack() as cameras:
            for example in examples:
                await _start(mesh, example, cameras)
            token = await asyncio.to_thread(dashboard_token, data)
            yield Dashboard(browser, mesh, run.dashboard, token)


async def _start(mesh: Mesh, example: Example, cameras: AsyncExitStack) -> None:
    declared = read_pipeline(ROOT / "examples" / example.name / "pipeline.yaml")
    await mesh.apply(replace(declared, workers=example.workers))
    images = await asyncio.to_thread(example.images)
    await cameras.enter_async_context(
        sending(mesh, declared.name, example.cameras, images, example.per_second)
    )
