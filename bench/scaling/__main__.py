"""Four loads with four ways to choose the number of workers, over the same mesh.

`python -m bench.scaling --out FOLDER` writes what was measured: summary.csv, and a file with the
samples of each run. `make figures` draws them.
"""

import argparse
import asyncio
import csv
import math
import tempfile
from dataclasses import asdict
from pathlib import Path

from bench.scaling.loads import LOADS, PEAK
from bench.scaling.rivals import rivals
from bench.scaling.run import MODEL, WORKER_RATE, Run, run
from bench.scaling.simulated_model import simulated_model
from framemesh.cli.local.ports import Ports
from framemesh.cli.local.running import running_mesh
from framemesh.runtime.connect_options import ConnectOptions
from framemesh.runtime.jetstream.connection.broker import broker
from tests.e2e.mesh import Mesh

OURS = "framemesh"
COLUMNS = (
    "load",
    "scaler",
    "worker_seconds",
    "age_p99",
    "late",
    "frames",
    "changes_of_direction",
    "added_at",
)


def summary(found: Run) -> dict[str, object]:
    return {
        "load": found.load,
        "scaler": found.scaler,
        "worker_seconds": round(found.worker_seconds),
        "age_p99": round(found.age_p99, 2),
        "late": found.late,
        "frames": len(found.ages),
        "changes_of_direction": found.changes_of_direction,
        "added_at": None if found.added_at is None else round(found.added_at, 2),
    }


async def measure(loads: list[str], scalers: list[str], out: Path, data: Path) -> None:
    peak_workers = math.ceil(PEAK / WORKER_RATE)
    async with running_mesh(data, Ports.free(), store_max_bytes=8 * 1024**3) as mesh_run:
        mesh = Mesh(mesh_run)
        await mesh.add_model(
            simulated_model(data / "model", MODEL, milliseconds=1000 / WORKER_RATE)
        )
        async with broker(mesh_run.nats, "bench", ConnectOptions()) as nats:
            with (out / "summary.csv").open("w", newline="") as file:
                table = csv.DictWriter(file, COLUMNS)
                table.writeheader()
                for load in loads:
                    for scaler in scalers:
                        rival = rivals(peak_workers).get(scaler)
                        found = await run(mesh, nats, load, scaler, rival)
                        line = summary(found)
                        table.writerow(line)
                        file.flush()
                        write(found, out)
                        print("  ".join(f"{key} {value}" for key, value in line.items()))


def write(found: Run, out: Path) -> None:
    """The samples of one run, and the decisions with their reasons."""
    stem = f"{found.load}-{found.scaler}"
    with (out / f"{stem}.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, [*asdict(found.samples[0])])
        table.writeheader()
        for sample in found.samples:
            table.writerow({key: round(value, 3) for key, value in asdict(sample).items()})
    if found.decisions:
        (out / f"{stem}.txt").write_text("\n".join(found.decisions) + "\n")


def main() -> None:
    names = [OURS, *rivals(1)]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/figures/scaling"))
    parser.add_argument("--load", nargs="*", choices=[*LOADS], default=[*LOADS])
    parser.add_argument("--scaler", nargs="*", choices=names, default=names)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(arguments.load, arguments.scaler, arguments.out, Path(folder)))


if __name__ == "__main__":
    main()
