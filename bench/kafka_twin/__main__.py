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
from bench.kafka_twin.sides import Side, jetstream_side, kafka_side
from framemesh.runtime import logs

PARTS = ("planes", "meshes", "recovery")
"""In this order: Java is warm for the second, and the last kills it."""

Sides = tuple[Side, Side]


def turns(given: argparse.Namespace) -> Iterator[int]:
    return measure.turns(given.rounds, given.budget)


@asynccontextmanager
async def pairs(sides: Sides) -> AsyncIterator[Sequence[Pair]]:
    """A process at each end of both."""
    async with pair(sides[0]) as first, pair(sides[1]) as second:
        yield first, second


async def planes(given: argparse.Namespace, sides: Sides, _: Path) -> Table:
    async with pairs(sides) as both:
        await measure.warm(both)
        return await measure.planes(both, turns(given), given.messages, given.seconds)


async def recovery(given: argparse.Namespace, sides: Sides, _: Path) -> Table:
    async with pairs(sides) as both:
        return await measure.recovery(both, turns(given), 2 * given.seconds)


async def meshes(given: argparse.Namespace, sides: Sides, folder: Path) -> Table:
    async with null_mesh(sides[0], folder) as first, null_mesh(sides[1], folder) as second:
        return await measure.meshes((first, second), turns(given), given.seconds / 2, folder)


MEASURED = {"planes": planes, "meshes": meshes, "recovery": recovery}


async def sweep(given: argparse.Namespace, folder: Path) -> None:
    async with kafka_side(folder / "kafka", given.heap) as side, pair(side) as only:
        await measure.warm([only])
        print(await measure.sweep(only, turns(given), given.messages, given.seconds / 2))


async def compare(given: argparse.Namespace, folder: Path) -> None:
    settings = {**asdict(TUNED), "heap_mib": given.heap, "rounds": given.rounds}
    found = {}
    async with (
        jetstream_side(folder / "nats") as ours,
        kafka_side(folder / "kafka", given.heap) as theirs,
    ):
        for part in given.parts:
            table = await MEASURED[part](given, (ours, theirs), folder)
            print(table.text(), flush=True)
            found[part] = table.as_json()
            if given.json:
                given.json.write_text(json.dumps({"settings": settings, **found}, indent=1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", nargs="+", default=PARTS, choices=PARTS)
    parser.add_argument("--sweep", action="store_true", help="instead: what suits Kafka best")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--budget", type=float, default=600.0, help="seconds after which no turn begins"
    )
    parser.add_argument("--messages", type=int, default=1500, help="of a saturated turn")
    parser.add_argument("--seconds", type=float, default=8.0, help="of a turn at 60 frames/s")
    parser.add_argument("--heap", type=int, default=HEAP_MIB, help="MiB, of Kafka's Java")
    parser.add_argument("--json", type=Path, help="write the figures of each turn there")
    logs.configure("bench", "warning")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run((sweep if given.sweep else compare)(given, Path(folder)))


if __name__ == "__main__":
    main()
