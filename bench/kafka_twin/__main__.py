"""JetStream and Kafka side by side, as the data plane of frames: `make bench-kafka`.

Both brokers run beside each other and are loaded in turns: first alone, with one process that
publishes and one that pulls and settles, then with cameras, ingest, a worker without a model and
the ledger. Prints a table and who wins each line.
"""

import argparse
import asyncio
import json
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path

from bench.kafka_twin import measure
from bench.kafka_twin.ends import Pair, pair
from bench.kafka_twin.kafka_plane import TUNED
from bench.kafka_twin.lines import Table
from bench.kafka_twin.null_mesh import null_mesh
from bench.kafka_twin.server import HEAP_MIB
from bench.kafka_twin.sides import jetstream_side, kafka_side
from framemesh.runtime import logs

PARTS = ("planes", "recovery", "meshes")


@asynccontextmanager
async def pairs(folder: Path, heap_mib: int) -> AsyncIterator[Sequence[Pair]]:
    """Both sides, with a process at each end."""
    async with (
        jetstream_side(folder / "nats") as ours,
        kafka_side(folder / "kafka", heap_mib) as theirs,
        pair(ours) as first,
        pair(theirs) as second,
    ):
        await measure.warm([first, second])
        yield first, second


def turns(given: argparse.Namespace) -> Iterator[int]:
    return measure.turns(given.rounds, given.budget)


async def planes(given: argparse.Namespace, folder: Path) -> Table:
    async with pairs(folder, given.heap) as both:
        return await measure.planes(both, turns(given), given.messages, given.seconds)


async def recovery(given: argparse.Namespace, folder: Path) -> Table:
    async with pairs(folder, given.heap) as both:
        return await measure.recovery(both, turns(given), 2 * given.seconds)


async def meshes(given: argparse.Namespace, folder: Path) -> Table:
    async with (
        jetstream_side(folder / "nats") as ours,
        kafka_side(folder / "kafka", given.heap) as theirs,
        null_mesh(ours, folder) as first,
        null_mesh(theirs, folder) as second,
    ):
        return await measure.meshes((first, second), turns(given), given.seconds / 2, folder)


async def sweep(given: argparse.Namespace, folder: Path) -> None:
    async with kafka_side(folder / "kafka", given.heap) as side, pair(side) as only:
        await measure.warm([only])
        print(await measure.sweep(only, turns(given), given.messages, given.seconds / 2))


async def run(given: argparse.Namespace) -> None:
    found = {}
    measured = {"planes": planes, "recovery": recovery, "meshes": meshes}
    for part in given.parts:
        with tempfile.TemporaryDirectory() as folder:
            if part == "sweep":
                await sweep(given, Path(folder))
                continue
            table = await measured[part](given, Path(folder))
        print(table.text(), flush=True)
        found[part] = table.as_json()
    if given.json:
        settings = {**asdict(TUNED), "heap_mib": given.heap, "rounds": given.rounds}
        given.json.write_text(json.dumps({"settings": settings, "parts": found}, indent=1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", nargs="+", default=PARTS, choices=[*PARTS, "sweep"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--budget", type=float, default=600.0, help="seconds after which no turn begins"
    )
    parser.add_argument("--messages", type=int, default=1500, help="of a saturated turn")
    parser.add_argument("--seconds", type=float, default=8.0, help="of a turn at 60 frames/s")
    parser.add_argument("--heap", type=int, default=HEAP_MIB, help="MiB, of Kafka's Java")
    parser.add_argument("--json", type=Path, help="write the figures of each turn there")
    logs.configure("bench", "warning")
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
