"""Orphans: processes of a mesh whose supervisor is gone.

All processes that a mesh starts inherit an environment variable that names the data folder, also
those that Triton starts. So a process that has it is surely of this mesh, whoever its parent is,
and no process id has to be trusted.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import psutil

GONE_SECONDS = 5.0
"""From SIGKILL until the system has taken a process down."""


def orphan_mark(data: Path) -> dict[str, str]:
    """The environment that marks a process as one of this data folder's mesh."""
    return {"FRAMEMESH_EMBEDDED": str(data.resolve())}


def kill_orphans(data: Path) -> int:
    """Kill every process with the mark, and wait until it is gone.

    Returns the number of processes.
    """
    found = list(marked(data))
    for process in found:
        _kill(process)
    psutil.wait_procs(found, GONE_SECONDS)
    return len(found)


def marked(data: Path) -> Iterator[psutil.Process]:
    """Every process with the mark of a data folder."""
    ours = orphan_mark(data).items()
    # An environment that cannot be read is that of another user's process.
    for process in psutil.process_iter(["environ"]):
        if ours <= (process.info["environ"] or {}).items():
            yield process


def _kill(process: psutil.Process) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process.kill()
