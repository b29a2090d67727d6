"""What is measured of both sides, in turns."""

import asyncio
import statistics
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.kafka_twin.ends import Load, Pair, Turn
from bench.kafka_twin.lines import Table
from bench.kafka_twin.null_mesh import NullMesh
from bench.kafka_twin.sender import Batching
from bench.kafka_twin.sides import Side

SIZES = {"50 KB": 50_000, "80 KB": 80_000}
FPS = 60.0
CAMERAS = 4
MIB = 1024 * 1024

WARM_MESSAGES = 12_000
"""Before the first turn that counts: Java compiles what runs often. After 2,000 it took four times
the CPU for a frame."""

FAST = Batching(linger_ms=10.0, in_flight=5)
"""What suits Kafka best where only the rate counts."""

LINGERS_MS = (0.0, 1.0, 2.0, 5.0, 10.0)
BATCHES = (64 * 1024, 256 * 1024, 1024 * 1024)
"""One frame, some, and what a producer of frames can make use of at most."""

TUNED_IN_FLIGHT = Batching().in_flight

KILL_AFTER_SECONDS = 4.0


def turns(rounds: int, budget_seconds: float) -> Iterator[int]:
    """So many, or as many as begin within the budget; one at least."""
    began = time.monotonic()
    for turn in range(rounds):
        if not turn or time.monotonic() - began < budget_seconds:
            yield turn


async def warm(pairs: Sequence[Pair], messages: int = WARM_MESSAGES) -> None:
    for pair in pairs:
        await pair.turn(Load(messages, SIZES["50 KB"], 0))


async def planes(
    pairs: Sequence[Pair], rounds: Iterator[int], messages: int, seconds: float
) -> Table:
    """Publish, pull and settle, saturated and at FPS."""
    table = Table()
    for turn in rounds:
        for name, size in SIZES.items():
            # Whoever comes first finds other caches: each is that in turns.
            for pair in _in_turn(pairs, turn):
                fast = await pair.turn(Load(messages, size, 0), FAST)
                paced = await pair.turn(Load(round(FPS * seconds), size, FPS))
                table.add(
                    pair.side.kind,
                    {
                        f"{name}: frames/s": fast.frames_per_second,
                        f"{name}: us publisher": fast.publish_us,
                        f"{name}: us puller": fast.pull_us,
                        f"{name}: us broker": fast.broker_us,
                        f"{name}, 60/s: p50 ms": paced.p50_ms,
                        f"{name}, 60/s: p99 ms": paced.p99_ms,
                        f"{name}, 60/s: us publisher": paced.publish_us,
                        f"{name}, 60/s: us puller": paced.pull_us,
                        f"{name}, 60/s: us broker": paced.broker_us,
                    },
                )
    for pair in pairs:
        table.add(pair.side.kind, kept(pair.side))
    return table


def kept(side: Side) -> dict[str, float]:
    """Memory and disk of a broker whose frames are all settled."""
    stored = sum(each.stat().st_blocks * 512 for each in side.folder.rglob("*") if each.is_file())
    return {
        "MiB of memory, broker": side.process.memory_info().rss / MIB,
        "MiB of disk, all settled": stored / MIB,
    }


async def recovery(pairs: Sequence[Pair], rounds: Iterator[int], seconds: float) -> Table:
    """The broker is killed under FPS frames a second, and started at once."""
    table = Table()
    for turn in rounds:
        for pair in _in_turn(pairs, turn):
            load = Load(round(FPS * seconds), SIZES["50 KB"], FPS)
            running = asyncio.ensure_future(pair.turn(load))
            await asyncio.sleep(KILL_AFTER_SECONDS)
            answers = await pair.side.kill_and_start()
            found = await running
            table.add(
                pair.side.kind,
                {
                    "kill -9: s to the next frame": found.pause_seconds,
                    "kill -9: s until it answers": answers,
                    "kill -9: frames lost": found.lost,
                    "kill -9: delivered again": found.repeated,
                    "kill -9: stored twice": found.stored_twice,
                },
            )
    return table


async def sweep(pair: Pair, rounds: Iterator[int], messages: int, seconds: float) -> str:
    """Kafka with each linger and size of batches."""
    found: dict[Batching, list[tuple[Turn, Turn]]] = {}
    choices = [Batching(linger, size) for linger in LINGERS_MS for size in BATCHES]
    choices += [Batching(linger, idempotent=True, in_flight=5) for linger in (0.0, 5.0)]
    choices += [Batching(linger, in_flight=5) for linger in (0.0, 10.0)]
    size = SIZES["50 KB"]
    for _ in rounds:
        for batching in choices:
            fast = await pair.turn(Load(messages, size, 0), batching)
            paced = await pair.turn(Load(round(FPS * seconds), size, FPS), batching)
            found.setdefault(batching, []).append((fast, paced))
    rows = ["linger ms  batch KiB  frames/s  us publisher  us broker   p50 ms   p99 ms"]
    for batching, measured in found.items():
        rate = statistics.median(fast.frames_per_second for fast, _ in measured)
        client = statistics.median(fast.publish_us for fast, _ in measured)
        broker = statistics.median(fast.broker_us for fast, _ in measured)
        p50 = statistics.median(paced.p50_ms for _, paced in measured)
        p99 = statistics.median(paced.p99_ms for _, paced in measured)
        rows.append(
            f"{batching.linger_ms:9.0f} {batching.batch_bytes // 1024:10} {rate:9.0f} "
            f"{client:13.0f} {broker:10.0f} {p50:8.2f} {p99:8.2f}"
            + (", idempotent" if batching.idempotent else "")
            + (f", {batching.in_flight} in flight" if batching.in_flight != TUNED_IN_FLIGHT else "")
        )
    return "\n".join(rows)


async def meshes(
    sides: Sequence[NullMesh], rounds: Iterator[int], seconds: float, folder: Path
) -> Table:
    """Cameras, ingest, a worker without a model, and the ledger."""
    table = Table()
    for mesh in sides:
        await mesh.turn(CAMERAS, 0, seconds, folder)
    for turn in rounds:
        for mesh in _in_turn(sides, turn):
            fast = await mesh.turn(CAMERAS, 0, seconds, folder)
            paced = await mesh.turn(CAMERAS, FPS / CAMERAS, 2 * seconds, folder)
            table.add(
                mesh.side.kind,
                {
                    "mesh: frames/s": fast.frames_per_second,
                    **{f"mesh: us {role}": spent for role, spent in fast.cpu_us.items()},
                    "mesh: us of all": sum(fast.cpu_us.values()),
                    "mesh, 60/s: age p50 ms": paced.p50_ms,
                    "mesh, 60/s: age p99 ms": paced.p99_ms,
                    "mesh, 60/s: us of all": sum(paced.cpu_us.values()),
                },
            )
            last = paced
            table.add(
                mesh.side.kind,
                {
                    **{f"mesh: MiB {role}": size for role, size in last.resident_mib.items()},
                    "mesh: accepted without outcome": last.accepted - last.done,
                    "mesh: second outcomes": last.twice,
                },
            )
    return table


def _in_turn(both: Sequence[Pair] | Sequence[NullMesh], turn: int) -> Sequence:  # type: ignore[type-arg]
    return both if turn % 2 == 0 else both[::-1]
