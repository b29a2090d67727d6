"""Pictures of each screen for the documentation, from a mesh that runs for them.

`make screenshots` runs it; every picture comes light, dark, and as on a phone.
"""

import argparse
import asyncio
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.browser.browser import missing_programs, running_browser
from tests.browser.dashboard import Dashboard
from tests.browser.demo_mesh import demo_mesh
from tests.browser.test_screens import UNDECODABLE
from tests.e2e.mesh import ROOT

PICTURED = ROOT / ".venv/figures/bin/python"
"""Has what makes the files small, and is not needed elsewhere."""

SETTLE_SECONDS = 3.0
"""For charts to have a line, and tiles a picture each."""

LOOKS: dict[str, dict[str, Any]] = {
    "light": {"theme": "light", "width": 1200, "height": 750},
    "dark": {"theme": "dark", "width": 1200, "height": 750},
    "phone": {"theme": "light", "width": 390, "height": 760},
}


@dataclass(frozen=True, slots=True)
class Screen:
    name: str
    path: str
    ready: str
    """A selector of what is there once the screen has what it shows."""
    full: bool = False
    """The whole page, not what is in view alone."""


async def screens(dashboard: Dashboard) -> list[Screen]:
    """All screens; a frame's page and a dead letter's are those of frames of this mesh."""
    sender = await dashboard.mesh.push("street", "door", [UNDECODABLE])
    done, dead = await frame_with_picture(dashboard), f"street/frames/door/{sender.session}/1"
    return [
        Screen("wall", "", "canvas[data-frame]"),
        Screen("camera", "wall/street/crossing", ".recent li:nth-child(6)"),
        Screen("pipelines", "pipelines", "tbody tr:nth-child(5)"),
        Screen("pipeline", "pipelines/street", ".plot canvas", full=True),
        Screen("workers", "workers", "tr[data-worker]:nth-child(6)"),
        Screen("ledger", "ledger", "tr[data-camera]:nth-child(9)"),
        Screen("frames", "pipelines/street/frames", "tbody tr:nth-child(9)"),
        Screen("frame", f"pipelines/street/frames/{done}", ".frame-picture canvas"),
        Screen("dead-letter", f"pipelines/{dead}", ".changes"),
    ]


async def frame_with_picture(dashboard: Dashboard) -> str:
    """camera/session/sequence of a frame whose picture is kept: one that is being shown."""
    page = await dashboard.open("wall/street/crossing")
    frame = await page.until("document.querySelector('.stage canvas')?.dataset.frame", 40)
    await page.close()
    return f"crossing/{frame}"


async def take(out: Path) -> None:
    async with dashboard_to_show() as dashboard:
        for screen in await screens(dashboard):
            for look, options in LOOKS.items():
                await photograph(dashboard, screen, options, out / f"{screen.name}-{look}.png")


@asynccontextmanager
async def dashboard_to_show() -> AsyncIterator[Dashboard]:
    with tempfile.TemporaryDirectory() as folder:
        async with (
            running_browser() as browser,
            demo_mesh(browser, Path(folder)) as dashboard,
        ):
            yield dashboard


async def photograph(
    dashboard: Dashboard, screen: Screen, options: dict[str, Any], path: Path
) -> None:
    page = await dashboard.browser.open(
        f"{dashboard.address}{screen.path}#token={dashboard.token}", **options
    )
    await page.until(f"document.querySelector({screen.ready!r})", 60)
    await asyncio.sleep(SETTLE_SECONDS)
    await page.screenshot(path, full=screen.full)
    await page.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="folder for the pictures")
    out = parser.parse_args().out.absolute()
    if problem := missing_programs():
        raise SystemExit(problem)
    out.mkdir(parents=True, exist_ok=True)
    asyncio.run(take(out))
    subprocess.run((PICTURED, ROOT / "tests/browser/smaller.py", out), check=True)


if __name__ == "__main__":
    main()
