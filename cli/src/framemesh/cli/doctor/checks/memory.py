"""Memory for workers, and the shared memory through which images go to Triton."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil

from framemesh.cli.doctor.finding import Finding, good, problem, warning
from framemesh.cli.doctor.surroundings import Surroundings
from framemesh.cli.doctor.threads import in_thread
from framemesh.core.resources import memory_text

LEAST_BYTES = 512 * 1024**2
"""The services take 300 MiB, and one worker with a small model 400."""

FEW_BYTES = 2 * 1024**3

SHARED = Path("/dev/shm")  # noqa: S108  what the system calls it
FEW_SHARED_BYTES = 256 * 1024**2
"""Docker gives a container 64 MiB; a worker with a larger model takes more."""


async def examine(_: Surroundings) -> Sequence[Finding]:
    return await in_thread(lambda: list(examined()))


def examined() -> Iterator[Finding]:
    memory = psutil.virtual_memory()
    yield available(memory.available, memory.total)
    if SHARED.exists():
        found = os.statvfs(SHARED)
        yield from shared(found.f_bavail * found.f_frsize)


def available(free_bytes: int, total_bytes: int) -> Finding:
    free = f"{memory_text(_rounded(free_bytes))} of {memory_text(_rounded(total_bytes))} available"
    if free_bytes < LEAST_BYTES:
        return problem(f"too little memory: {free}", "end other programs, or add memory")
    if free_bytes < FEW_BYTES:
        return warning(
            f"little memory: {free}",
            "a worker takes 400 MiB with a small model, and more with others",
        )
    return good(free)


def shared(free_bytes: int) -> Iterator[Finding]:
    """Only what is wrong with it."""
    if free_bytes < FEW_SHARED_BYTES:
        yield warning(
            f"{SHARED} has only {memory_text(_rounded(free_bytes))}",
            "images go through it to Triton: in docker `--shm-size 1g`",
        )


def _rounded(count: int) -> int:
    """To whole MiB."""
    return count >> 20 << 20
