"""A program of an SDK that does what it is told: JSON lines in, JSON lines out.

A command is `{"id": 1, "do": "send", ...}`, its answer `{"id": 1, ...}` with what it returned, or
with `error` and `message`. A rejection is told as `{"rejected": {...}}` when it comes. Commands are
begun as they come, and may wait side by side.
"""

import asyncio
import json
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

ANSWER_SECONDS = 20.0

Answer = dict[str, Any]


class CameraProgram:
    """One that runs."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._answers: dict[int, asyncio.Future[Answer]] = {}
        self._last = 0
        self.rejected: list[dict[str, Any]] = []

    async def do(self, command: str, **arguments: Any) -> Answer:
        """Begin a command, and wait for its answer."""
        self._last += 1
        answer = self._answers[self._last] = asyncio.get_running_loop().create_future()
        assert self._process.stdin is not None
        line = json.dumps({"id": self._last, "do": command, **arguments})
        self._process.stdin.write(line.encode() + b"\n")
        async with asyncio.timeout(ANSWER_SECONDS):
            await self._process.stdin.drain()
            found: Answer = await answer
        return found

    async def kill(self) -> None:
        """End it as `kill -9` does."""
        self._process.kill()
        await self._process.wait()

    async def read(self) -> None:
        """Take its answers, until it ends."""
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            message = json.loads(line)
            if "rejected" in message:
                self.rejected.append(message["rejected"])
            else:
                self._answers.pop(message["id"]).set_result(message)
        for answer in self._answers.values():
            answer.set_exception(EOFError("the program of the camera ended"))
            answer.exception()  # whoever waits has it; nobody has to

    async def end(self) -> None:
        """Close its input, upon which it ends."""
        if self._process.returncode is None and self._process.stdin is not None:
            self._process.stdin.close()
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    await self._process.wait()
            except TimeoutError:
                await self.kill()
                raise


@asynccontextmanager
async def running_camera(command: Sequence[str]) -> AsyncIterator[CameraProgram]:
    """The program of an SDK, until the end of the context."""
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, limit=1 << 24)
    program = CameraProgram(process)
    reading = asyncio.ensure_future(program.read())
    try:
        yield program
    finally:
        await program.end()
        await reading
