"""How many CPUs this process may use: fewer than the machine has, where it is in a container."""

import math
import os
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
"""Where Linux tells what a container may use, as the container sees it."""


def usable_cpus(cgroups: Path = CGROUPS) -> int:
    """Whole CPUs, at least 1: what a limit leaves of the last one counts as one.

    More threads than that would wait for the limit, all of them at once and for up to 0.1 s.
    """
    allowed = len(os.sched_getaffinity(0))
    quota = _quota(cgroups)
    return allowed if quota is None else max(1, min(allowed, math.ceil(quota)))


def _quota(cgroups: Path) -> float | None:
    """CPUs by the limit of the cgroup, version 2 or 1; None: there is no limit."""
    try:
        return _ratio(*(cgroups / "cpu.max").read_text().split())
    except (OSError, ValueError, TypeError):
        pass
    try:
        folder = cgroups / "cpu"
        quota = (folder / "cpu.cfs_quota_us").read_text()
        return _ratio(quota, (folder / "cpu.cfs_period_us").read_text())
    except (OSError, ValueError):
        return None


def _ratio(quota: str, period: str) -> float | None:
    if quota.strip() == "max" or int(quota) < 0:
        return None
    return int(quota) / int(period)
