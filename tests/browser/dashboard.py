"""The dashboard of a running mesh, as somebody sees it who opens it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

import pytest

from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.sdk import AsyncCamera
from tests.browser.browser import Browser, Page
from tests.e2e.mesh import Mesh

BUSY_LOOP = pytest.mark.loop_limit(2.0)
"""A browser, a mesh and the test share the processors: a thread may take a second to start."""

APART = 17
"""Frames of a clip between two cameras that send it: they do not show the same."""


@dataclass(slots=True)
class Dashboard:
    browser: Browser
    mesh: Mesh
    address: str
    """As http://127.0.0.1:7400/."""
    token: str
    pages: list[Page] = field(default_factory=list)

    async def open(self, path: str = "", *, token: str | None = None, **options: Any) -> Page:
        """A new page at a path below the address, with a token in the address or without one."""
        fragment = "" if token is None else f"#token={token}"
        page = await self.browser.open(f"{self.address}{path}{fragment}", **options)
        self.pages.append(page)
        return page

    async def close_pages(self) -> None:
        while self.pages:
            await self.pages.pop().close()

    async def find_people(self, pipeline: str) -> None:
        """A pipeline with the bundled model, and a worker that is ready."""
        await self.mesh.apply(PipelineSpec(pipeline, (StageSpec("people", "person"),)))


@asynccontextmanager
async def sending(
    mesh: Mesh, pipeline: str, cameras: Sequence[str], jpegs: Sequence[bytes], per_second: float
) -> AsyncIterator[None]:
    """Cameras that send the frames of a clip again and again until the end of the block."""
    tasks = [
        asyncio.create_task(_send(mesh, pipeline, name, _from(jpegs, number * APART), per_second))
        for number, name in enumerate(cameras)
    ]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _from(jpegs: Sequence[bytes], first: int) -> list[bytes]:
    at = first % len(jpegs)
    return [*jpegs[at:], *jpegs[:at]]


async def _send(
    mesh: Mesh, pipeline: str, name: str, jpegs: Sequence[bytes], per_second: float
) -> None:
    async with AsyncCamera(mesh.run.ingest, pipeline=pipeline, name=name) as camera:
        for jpeg in cycle(jpegs):
            await camera.send(jpeg)
            await asyncio.sleep(1 / per_second)
