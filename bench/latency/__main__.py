"""What a mesh adds to the age of a frame: `python -m bench.latency --rate 60 --model FOLDER`.

Four cameras send at a rate that the machine keeps up with. In turns, (a) a thread for each of them
decodes its frames and asks the worker's Triton while the mesh is idle, and (b) the cameras push
into the mesh. The age of a frame is counted from when it was due: in (a) to its boxes, in (b) to
its outcome. Prints percentiles of both, by step and hop; ends with 1 where the goals are missed.
"""

import argparse
import asyncio
import csv
import sys
import tempfile
from pathlib import Path

from bench.frames import MODEL
from bench.latency.pace import CAMERAS, Pace
from bench.latency.report import COLUMNS, Turn, percentile, report, table
from bench.latency.turns import AGE, direct_turn, mesh_turn
from bench.throughput import Mesh
from framemesh.cli.local.ports import Ports
from framemesh.cli.local.running import running_mesh


async def measure(pace: Pace, rounds: int, model: Path, data: Path) -> list[Turn]:
    turns: list[Turn] = []
    async with running_mesh(data, Ports.free()) as run:
        mesh = Mesh(run, model)
        await mesh.prepare()
        triton = await mesh.triton()
        for _ in range(rounds):
            direct = await direct_turn(triton, model, pace)
            turns.append((direct, await mesh_turn(run.ingest, run.monitor, pace)))
            told = [percentile(ages, AGE, part) for ages in turns[-1] for part in (50, 99)]
            print("  direct {:6.1f} {:6.1f}   mesh {:6.1f} {:6.1f} ms".format(*told), flush=True)
    return turns


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=60.0, help="frames/s of all cameras")
    parser.add_argument("--cameras", type=int, default=CAMERAS)
    parser.add_argument("--seconds", type=float, default=15.0, help="of each turn")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--model", type=Path, default=MODEL, help="a model folder")
    parser.add_argument("--out", type=Path, help="a file for the table, which `make figures` draws")
    given = parser.parse_args()
    pace = Pace(given.rate, given.seconds, given.cameras)
    with tempfile.TemporaryDirectory() as folder:
        turns = asyncio.run(measure(pace, given.rounds, given.model, Path(folder)))
    if given.out is not None:
        with given.out.open("w", newline="") as file:
            lines = csv.DictWriter(file, COLUMNS)
            lines.writeheader()
            lines.writerows(table(turns))
    sys.exit(not report(turns))


if __name__ == "__main__":
    main()
