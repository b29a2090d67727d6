"""How much of the disk the streams may have."""

import shutil
from pathlib import Path

MOST_BYTES = 64 * 1024**3
"""A mesh on one machine that needs more should say so."""

SHARE = 0.8
"""Of what is free: logs, models and the rest of the machine need some too."""


def store_limit(data: Path) -> int:
    """Bytes that the streams may take in all, those included that are there already."""
    data.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(data).free
    used = sum(f.stat().st_size for f in (data / "jetstream").rglob("*") if f.is_file())
    return min(MOST_BYTES, int(SHARE * (free + used)))
