"""One turn of cameras against an ingest."""

from pathlib import Path

from bench.producers.cameras import Load
from bench.producers.door import Door
from bench.producers.faces import Face, send

MIB = 1024 * 1024


async def measured(door: Door, face: Face, load: Load, folder: Path) -> dict[str, float]:
    """One turn, in figures a frame."""
    read: list[dict[str, float]] = []
    sent = await send(face, load, folder, lambda: read.append(door.cpu_seconds()))
    before, after = read
    cpu = {name: 1e6 * (after[name] - before[name]) / sent.accepted for name in after}
    return {
        "frames/s": sent.accepted / sent.seconds,
        "us cameras": 1e6 * sent.cpu_seconds / sent.accepted,
        **{f"us {name}": micros for name, micros in sorted(cpu.items())},
        "MiB cameras": sent.resident_bytes / MIB,
        **{f"MiB {name}": size / MIB for name, size in sorted(door.resident_bytes().items())},
    }
