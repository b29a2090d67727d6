"""What a run left behind: processes that carry its mark.

All that a mesh starts inherits an environment variable that names the data folder, down to the
processes that Triton starts. So what is found is surely of this mesh, whatever became of those that
started it, and no process number is trusted.
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
    """Kill everything that carries the mark, and wait until it is gone.

    Returns how many that were.
    """
    found = list(_marked(data))
    for process in found:
        _kill(process)
    psutil.wait_procs(found, GONE_SECONDS)
    return len(found)


def _marked(data: Path) -> Iterator[psutil.Process]:
    ours = orphan_mark(data).items()
    # What cannot be read is another user's, and none of ours.
    for process in psutil.process_iter(["environ"]):
        if ours <= (process.info["environ"] or {}).items():
            yield process


def _kill(process: psutil.Process) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process.kill()
