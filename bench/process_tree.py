"""CPU time and memory of a process and of all that it started, those that are gone included."""

import contextlib
import ctypes
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import psutil

from bench.cpu import role

PR_SET_CHILD_SUBREAPER = 36
"""Of <linux/prctl.h>."""


def adopt_orphans() -> None:
    """Make this process the parent of what its children leave behind: as nobody waits for these,
    the kernel keeps what they cost until this process ends."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


def cpu_seconds_of_all(root: psutil.Process) -> float:
    """Of all below `root`, and of all that ended below it; needs `adopt_orphans`."""
    spent = 0.0
    for process in root.children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            spent += times.user + times.system + times.children_user + times.children_system
    return spent


def resident_by_role(root: psutil.Process) -> Mapping[str, int]:
    """Bytes of all below `root`; memory that processes share counts in each."""
    found: defaultdict[str, int] = defaultdict(int)
    for process in root.children(recursive=True):
        # Also one that has ended, and that nobody has waited for.
        with contextlib.suppress(psutil.NoSuchProcess):
            found[role(process)] += process.memory_info().rss
    return found


def peak_bytes(process: psutil.Process) -> int:
    """The most that a process had resident since it started, or since `reset_peak`."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


def reset_peak(process: psutil.Process) -> None:
    """Let `peak_bytes` begin anew with what is resident now."""
    Path(f"/proc/{process.pid}/clear_refs").write_text("5")


def proportional_bytes(process: psutil.Process) -> int:
    """Resident memory, shared pages counted in parts; 0 of a process that has ended."""
    try:
        rollup = Path(f"/proc/{process.pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    (line,) = (line for line in rollup.splitlines() if line.startswith("Pss:"))
    return int(line.split()[1]) * 1024
