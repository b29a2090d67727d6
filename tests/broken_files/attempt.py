"""One `framemesh model submit`, as a process, with its time, its memory, and what it says."""

import asyncio
import contextlib
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

SECONDS = 10.0
"""That a broken file may take on a machine that is not overloaded."""

MEMORY_BYTES = 5 * 1024**3
"""Of all processes of one command: 4 GiB are the limit of the one that runs the file."""

LINE_LENGTH = 700
"""Of a line that a person reads."""

SAMPLE_SECONDS = 0.1

FOREIGN = ("Traceback", ".cc:", ".cpp", "/onnxruntime_src/", "0x7f", "\x1b[")
"""What no line for a person has."""

KILL_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of one file."""

    kind: str
    status: int
    said: tuple[str, ...]
    """The lines on standard error."""
    seconds: float
    peak_bytes: int

    @property
    def registered(self) -> bool:
        """The damage did no harm."""
        return self.status == 0

    @property
    def asked(self) -> bool:
        """It runs, and what it is cannot be told: the candidates are listed."""
        return bool(self.said) and self.said[-1].endswith("was not registered")

    def problems(self, seconds: float = SECONDS) -> list[str]:
        """What is not as promised."""
        found = []
        if self.seconds > seconds:
            found.append(f"took {self.seconds:.1f} s")
        if self.peak_bytes > MEMORY_BYTES:
            found.append(f"took {self.peak_bytes / 1024**2:.0f} MiB")
        if self.registered or self.asked:
            return found
        if len(self.said) != 1 or not self.said[0].startswith("error: "):
            found.append(f"is not one line: {self.said}")
        elif len(self.said[0]) > LINE_LENGTH or any(word in self.said[0] for word in FOREIGN):
            found.append(f"is not a line for a person: {self.said[0]}")
        return found


async def attempt(kind: str, path: Path, master: str) -> Attempt:
    """Give a file to `framemesh model submit`, and wait for its end."""
    began = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "framemesh.cli", "model", "submit", str(path), "--master", master),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    peak = asyncio.create_task(_peak(process.pid))
    try:
        async with asyncio.timeout(KILL_SECONDS):
            _, said = await process.communicate()
    except TimeoutError:
        process.kill()
        _, said = await process.communicate()
    seconds = time.monotonic() - began
    lines = tuple(said.decode(errors="replace").splitlines())
    return Attempt(kind, process.returncode or 0, lines, seconds, await peak)


async def _peak(pid: int) -> int:
    """The most that a process and all below it had resident, until it ends."""
    peak = 0
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
            peak = max(peak, sum(map(_resident, [process, *process.children(recursive=True)])))
            await asyncio.sleep(SAMPLE_SECONDS)
    return peak


def _resident(process: psutil.Process) -> int:
    with contextlib.suppress(psutil.NoSuchProcess):
        return int(process.memory_info().rss)
    return 0
