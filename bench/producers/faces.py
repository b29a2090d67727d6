"""The faces of the SDKs, each a program that sends as many cameras of one process."""

import asyncio
import json
import shutil
import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

from bench.frames import ROOT
from bench.producers.cameras import CONNECTED, Load, Sent, image

GO = ROOT / "sdk/go"
EXTRA_SECONDS = 240.0
"""For connecting a thousand cameras, and for the last acknowledgements."""


class Face(StrEnum):
    """Of which SDK."""

    TASKS = "python, asyncio"
    THREADS = "python, threads"
    GO = "go"


def there() -> list[Face]:
    """Those that this machine can run."""
    return [face for face in Face if face is not Face.GO or shutil.which("go")]


async def built(folder: Path) -> None:
    """The program of the Go SDK, as `cameras` in a folder."""
    binary = folder / "cameras"
    process = await asyncio.create_subprocess_exec(
        "go", "build", "-o", str(binary), "./internal/cameras", cwd=GO
    )
    if await process.wait():
        raise RuntimeError("the Go program cannot be built")


async def send(face: Face, load: Load, folder: Path, at: Callable[[], None]) -> Sent:
    """Run the program of one face to its end.

    Args:
        at: called once all cameras are connected, and again when the last frame is acknowledged.

    Raises:
        RuntimeError: it failed.
    """
    numbers = (f"--cameras={load.cameras}", f"--fps={load.fps}", f"--seconds={load.seconds}")
    if face is Face.GO:
        binary, picture = folder / "cameras", folder / "image.jpg"
        if not binary.exists():
            await built(folder)
            picture.write_bytes(image())
        command = [str(binary), *numbers, f"--image={picture}"]
    else:
        threads = ["--threads"] if face is Face.THREADS else []
        command = [sys.executable, "-m", "bench.producers.cameras", *numbers, *threads]
    process = await asyncio.create_subprocess_exec(
        *command, load.address, load.pipeline, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    said = process.stdout
    assert said is not None
    async with asyncio.timeout(load.seconds + EXTRA_SECONDS):
        if (await said.readline()).strip() == CONNECTED.encode():
            at()
        result = await said.readline()
        at()
        if await process.wait():
            raise RuntimeError(f"{face} ended with status {process.returncode}")
    return Sent(**json.loads(result))
