"""The command line as a user has it: a process for each command."""

import asyncio
import sys
import time

COLUMNS = "400"
"""Of the terminal: no line is folded."""


class Command:
    """One `framemesh` command."""

    def __init__(self, *arguments: str) -> None:
        self._arguments = (sys.executable, "-m", "framemesh.cli", *arguments)

    async def output(self) -> str:
        """What it prints until it ends, errors included."""
        process = await self._start()
        said, _ = await process.communicate()
        return said.decode()

    async def checked(self) -> str:
        """As `output`.

        Raises:
            RuntimeError: it failed, with what it printed.
        """
        process = await self._start()
        said, _ = await process.communicate()
        if process.returncode:
            raise RuntimeError(f"{' '.join(self._arguments)}: {said.decode()}")
        return said.decode()

    async def until_said(self, begin: str, seconds: float) -> tuple[float, str]:
        """Seconds until it prints a line that begins so, and the line; then it is ended."""
        began, process = time.monotonic(), await self._start()
        assert process.stdout is not None
        line = "nothing is said"
        try:
            async with asyncio.timeout(seconds):
                async for read in process.stdout:
                    if read.decode().startswith(begin):
                        line = read.decode().strip()
                        break
        except TimeoutError:
            pass
        finally:
            process.kill()
            await process.wait()
        return time.monotonic() - began, line

    async def _start(self) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            "env",
            f"COLUMNS={COLUMNS}",
            *self._arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
