"""The share of the disk that the streams may use."""

import shutil
from pathlib import Path

MAX_BYTES = 64 * 1024**3
"""By default; a mesh on one machine that needs more is given --store-max."""

LEAST_BYTES = 256 * 1024**2
"""What master and monitor reserve for themselves is 140 MiB."""

SHARE = 0.8
"""Of the free space: logs, models and the rest of the machine need some too."""


def store_limit(data: Path) -> int:
    """Bytes that all streams together may use, with those that they use already."""
    data.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(data).free
    used = sum(f.stat().st_size for f in (data / "jetstream").rglob("*") if f.is_file())
    return min(MAX_BYTES, int(SHARE * (free + used)))
