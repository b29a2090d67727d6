"""Room for streams, models and logs."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.filesize import decimal

from framemesh.cli.doctor.finding import Finding, good, problem, warning
from framemesh.cli.doctor.surroundings import Surroundings
from framemesh.cli.doctor.threads import in_thread
from framemesh.cli.local.storage import LEAST_BYTES

FEW_BYTES = 5 * 1024**3
"""A pipeline reserves 1 GiB and more of it, and its models some."""

FEW_FILES = 10_000


async def examine(surroundings: Surroundings) -> Sequence[Finding]:
    return await in_thread(lambda: list(examined(surroundings.data)))


def examined(data: Path) -> Iterator[Finding]:
    """Of the disk that has the data folder, or will."""
    folder = _existing(data.absolute())
    found = os.statvfs(folder)
    yield room(folder, found.f_bavail * found.f_frsize)
    if found.f_files > 0 and found.f_favail < FEW_FILES:
        yield warning(
            f"the disk of {folder} takes only {found.f_favail:,} more files",
            "remove some: each stream has hundreds",
        )
    if not os.access(folder, os.W_OK):
        yield problem(
            f"{folder} cannot be written to", "run as its owner, or choose another with --data"
        )


def room(folder: Path, free_bytes: int) -> Finding:
    free = f"{decimal(free_bytes)} free for {folder}"
    if free_bytes < LEAST_BYTES:
        return problem(f"the disk is full: {free}", "free some, or choose another with --data")
    if free_bytes < FEW_BYTES:
        return warning(f"little room: {free}", "a pipeline takes 1 GiB and more: free some")
    return good(free)


def _existing(folder: Path) -> Path:
    return next(each for each in (folder, *folder.parents) if each.exists())
