"""`framemesh top` in a real terminal, over a real mesh that is stopped under it."""

import asyncio
import fcntl
import os
import re
import struct
import sys
import termios
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from framemesh.cli.local.ports import Ports
from tests.integration.local.conftest import Command
from tests.waiting import eventually

SCREEN_SECONDS = 30.0
"""For what takes a second, on a machine that has much else to do."""

_CONTROL = re.compile(rb"\x1b(\[[0-9;?]*[a-zA-Z]|\][^\x07]*\x07|[PX^_].*?\x1b\\|.)")


class Terminal:
    """A pseudo-terminal of 80 by 24, and what was written on it."""

    def __init__(self, master: int, process: asyncio.subprocess.Process) -> None:
        self._master = master
        self._process = process
        self.output = b""

    def press(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    async def shows(self, text: str) -> None:
        """From now on."""
        begin = len(self.output)
        await eventually(lambda: text in self._text(begin), SCREEN_SECONDS)

    async def end(self) -> int:
        async with asyncio.timeout(SCREEN_SECONDS):
            status = await self._process.wait()
        self._read()
        return status

    def _text(self, begin: int) -> str:
        self._read()
        return _CONTROL.sub(b"", self.output[begin:]).decode(errors="replace")

    def _read(self) -> None:
        try:
            while part := os.read(self._master, 65536):
                self.output += part
        except OSError:  # nothing at the moment, or it is closed
            return


@asynccontextmanager
async def terminal(*arguments: str) -> AsyncIterator[Terminal]:
    """One in which a command runs."""
    master, slave = os.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    os.set_blocking(master, False)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "framemesh.cli", *arguments),
        stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
        env={**os.environ, "TERM": "xterm-256color"},
    )  # fmt: skip
    os.close(slave)
    try:
        yield Terminal(master, process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        os.close(master)


async def test_top_shows_a_mesh_says_when_it_is_gone_and_leaves_the_terminal_as_it_was(
    data: Path, ports: Ports, up: tuple[str | int | Path, ...]
) -> None:
    status, output = await (await Command.start(*up)).end()
    assert status == 0, output
    try:
        where = ("--master", ports.master, "--monitor", ports.monitor)
        async with terminal("top", *where) as shown:
            await shown.shows("no pipeline yet: `framemesh pipeline create")
            shown.press("?")
            await shown.shows("any key closes this")
            shown.press("x")
            await (await Command.start("down", "--data", data)).end()
            await shown.shows("nothing answers: is framemesh running?")
            shown.press("q")
            assert await shown.end() == 0
            # The terminal's own screen is back, and its cursor.
            assert b"\x1b[?1049l" in shown.output
            assert b"\x1b[?25h" in shown.output
            assert b"Traceback" not in shown.output
    finally:
        await (await Command.start("down", "--data", data)).end()
