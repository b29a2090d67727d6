"""First use: from `framemesh up` to boxes on the screen, with two commands.

python -m tests.browser.first_use
"""

import asyncio
import os
import re
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from framemesh.cli.local.ports import Ports
from tests.browser.browser import Browser, running_browser
from tests.command_line import framemesh

FRAMEMESH = (sys.executable, "-m", "framemesh.cli")

BOXES_SECONDS = 60.0
"""On a machine that has much else to do."""

BOXES = """[...document.querySelectorAll('.tile canvas')].filter((canvas) => {
  if (!canvas.width || !canvas.height) return false
  const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data
  for (let at = 0; at < pixels.length; at += 4) {
    const [r, g, b] = [pixels[at] - 94, pixels[at + 1] - 234, pixels[at + 2] - 180]
    if (Math.abs(r) + Math.abs(g) + Math.abs(b) < 24) return true
  }
  return false
}).length"""
"""How many cameras have something in the colour of people drawn on them."""

CAMERAS = 2


@dataclass(frozen=True, slots=True)
class FirstUse:
    """Seconds, each since `framemesh up` was typed."""

    up: float
    boxes: float


async def first_use(browser: Browser, data: Path) -> FirstUse:
    """Start everything, try it, and look: the browser is open at the address that `up` prints.

    Raises:
        BrowserFailed: no boxes came.
    """
    base = Ports.free().base
    where = ("--data", str(data))
    began = time.monotonic()
    try:
        started = await framemesh("up", *where, "--port-base", str(base))
        assert started.status == 0, started.error
        up = time.monotonic() - began
        found = re.search(r"dashboard +(\S+)", started.output)
        exports = dict(re.findall(r"(FRAMEMESH_\w+)=(\S+)", started.output))
        assert found, started.output
        async with _trying(exports):
            page = await browser.open(found[1])
            await page.until(f"{BOXES} == {CAMERAS}", BOXES_SECONDS)
            return FirstUse(up, time.monotonic() - began)
    finally:
        await framemesh("down", *where)


@asynccontextmanager
async def _trying(exports: dict[str, str]) -> AsyncIterator[None]:
    """`framemesh try` in another terminal, until Ctrl-C."""
    process = await asyncio.create_subprocess_exec(
        *FRAMEMESH,
        "try",
        env={**os.environ, **exports},
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        await process.wait()


async def main() -> None:
    async with running_browser() as browser:
        with tempfile.TemporaryDirectory() as data:
            found = await first_use(browser, Path(data))
    print(f"up after {found.up:.1f} s, boxes on the screen after {found.boxes:.1f} s")


if __name__ == "__main__":
    asyncio.run(main())
