"""A real browser: Chromium, driven by playwright-core in a Node process of its own."""

import asyncio
import json
import shutil
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Literal

from tests.e2e.mesh import ROOT

DRIVER = ROOT / "services/monitor/web/browser/driver.mjs"
PLAYWRIGHT = ROOT / "services/monitor/web/node_modules/playwright-core"

START_SECONDS = 60.0
"""For the browser, on a machine that has much else to do."""

COMMAND_SECONDS = 60.0
MAX_LINE_BYTES = 64 * 1024**2
"""Of one answer: the pixels of a canvas, as numbers."""


class BrowserFailed(Exception):
    """A command of the browser was not done, with what the browser says."""


def missing_programs() -> str:
    """What keeps a browser from running here; empty if nothing does."""
    if shutil.which("chromium") is None:
        return "chromium is not installed: it is the Debian package of that name"
    if not PLAYWRIGHT.is_dir():
        return "playwright-core is not installed: `make web` installs it"
    return ""


@dataclass(frozen=True, slots=True)
class LongTask:
    """One task of the thread that runs a page."""

    clock_ms: float
    processor_ms: float
    """Without the time in which other processes had the processor."""


@dataclass(frozen=True, slots=True)
class Page:
    """One tab, with cookies and storage of its own."""

    browser: "Browser"
    number: int

    async def go(self, url: str) -> None:
        await self._do("go", url=url)

    async def evaluate(self, script: str) -> Any:
        """The value of an expression in the page."""
        return await self._do("evaluate", script=script)

    async def until(self, script: str, seconds: float = 20.0) -> Any:
        """Wait until an expression is true in the page; returns its value.

        Raises:
            BrowserFailed: it was not, for so many seconds.
        """
        return await self._do("until", script=script, seconds=seconds)

    async def shows(self, text: str, seconds: float = 20.0) -> None:
        """Wait until a text is on the page."""
        await self.until(f"document.body.innerText.includes({json.dumps(text)})", seconds)

    async def click(self, selector: str) -> None:
        await self._do("click", selector=selector)

    async def fill(self, selector: str, text: str) -> None:
        await self._do("fill", selector=selector, text=text)

    async def press(self, key: str) -> None:
        await self._do("press", key=key)

    async def screenshot(self, path: Path, *, full: bool = False) -> None:
        await self._do("screenshot", path=str(path), full=full)

    async def errors(self) -> list[str]:
        """What the page wrote to the console as errors, and exceptions that nothing caught."""
        return list(await self._do("errors"))

    async def violations(self) -> list[dict[str, Any]]:
        """What axe finds: rules of accessibility that the page breaks."""
        return list(await self._do("violations"))

    async def long_tasks(self, seconds: float) -> list[LongTask]:
        """What kept its thread from the screen for more than 50 ms, in so many seconds from now."""
        return [
            LongTask(one["clock_ms"], one["processor_ms"])
            for one in await self._do("tasks", seconds=seconds)
        ]

    async def heap_bytes(self) -> int:
        """What its JavaScript holds after a garbage collection."""
        return int(await self._do("heap"))

    async def close(self) -> None:
        await self._do("close")

    async def _do(self, command: str, **arguments: Any) -> Any:
        return await self.browser.do(command, page=self.number, **arguments)


class Browser:
    """Sends commands to the driver, and hands each answer to who waits for it."""

    def __init__(self, driver: Process) -> None:
        self._driver = driver
        self._numbers = count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {0: asyncio.Future()}

    async def until_ready(self) -> None:
        async with asyncio.timeout(START_SECONDS):
            await self._waiting[0]

    async def open(
        self,
        url: str,
        *,
        theme: Literal["light", "dark"] = "light",
        width: int = 1440,
        height: int = 900,
        scale: int = 1,
    ) -> Page:
        """A page in a context of its own, as in a new private window."""
        size = {"width": width, "height": height, "scale": scale}
        return Page(self, await self.do("open", url=url, theme=theme, **size))

    async def do(self, command: str, **arguments: Any) -> Any:
        """
        Raises:
            BrowserFailed: with what the browser says.
        """
        number = next(self._numbers)
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        line = json.dumps({"id": number, "command": command, **arguments})
        assert self._driver.stdin is not None
        self._driver.stdin.write(line.encode() + b"\n")
        async with asyncio.timeout(COMMAND_SECONDS + arguments.get("seconds", 0)):
            return await answer

    async def read(self) -> None:
        """Hand out answers until the driver ends."""
        assert self._driver.stdout is not None
        while line := await self._driver.stdout.readline():
            reply = await asyncio.to_thread(json.loads, line)
            answer = self._waiting.pop(reply["id"])
            if answer.done():
                continue
            if "error" in reply:
                answer.set_exception(BrowserFailed(reply["error"]))
            else:
                answer.set_result(reply["result"])
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(BrowserFailed("the browser ended"))


@asynccontextmanager
async def running_browser() -> AsyncIterator[Browser]:
    """A headless Chromium with nothing of an earlier one."""
    chromium = shutil.which("chromium") or "chromium"
    driver = await asyncio.create_subprocess_exec(
        *("node", str(DRIVER), chromium), stdin=PIPE, stdout=PIPE, limit=MAX_LINE_BYTES
    )
    browser = Browser(driver)
    reading = asyncio.create_task(browser.read())
    try:
        await browser.until_ready()
        yield browser
    finally:
        assert driver.stdin is not None
        driver.stdin.close()
        try:
            async with asyncio.timeout(START_SECONDS):
                await driver.wait()
        except TimeoutError:
            with suppress(ProcessLookupError):
                driver.kill()
        await reading
