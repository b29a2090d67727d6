"""Draws what a soak measured: `make figures`.

It needs matplotlib and the files of measurements, and nothing of framemesh.
"""

import argparse
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import matplotlib  # type: ignore[import-not-found]

matplotlib.use("Agg")

import matplotlib.pyplot as plt  # type: ignore[import-not-found]

from bench.scaling.csv_rows import Row, rows

COLOURS = {
    "nats": "#c2571a",
    "worker": "#0a7d5c",
    "triton": "#5b63b7",
    "ingest": "#b8378c",
    "monitor": "#2b7fb8",
    "master": "#333842",
    "agent": "#8a8f98",
    "sink": "#b59a2b",
    "supervisor": "#c4c8ce",
    "cameras": "#7a5a3a",
}
MIB = 1024


def sums(found: Sequence[Row], column: str) -> dict[str, tuple[list[float], list[float]]]:
    """For each role minutes, and the sum of its processes then; those with most first."""
    by_role: defaultdict[str, defaultdict[float, float]] = defaultdict(lambda: defaultdict(float))
    for row in found:
        by_role[row["role"]][float(row["at"]) / 60] += float(row[column])
    order = sorted(by_role, key=lambda role: -max(by_role[role].values()))
    return {role: ([*by_role[role]], [*by_role[role].values()]) for role in order}


def soak(processes: Sequence[Row], ledger: Sequence[Row], to: Path) -> None:
    """Memory by role; below it descriptors, and what the broker has on disk."""
    figure, (memory, fds, disk) = plt.subplots(
        3, 1, figsize=(7.5, 8), sharex=True, height_ratios=(3, 1, 1), layout="constrained"
    )
    for role, (at, values) in sums(processes, "rss_kib").items():
        memory.plot(at, [value / MIB for value in values], color=COLOURS[role], label=role)
    for role, (at, values) in sums(processes, "fds").items():
        fds.plot(at, values, color=COLOURS[role])
    minutes = [float(row["at"]) / 60 for row in ledger]
    disk.plot(
        minutes, [float(row["broker_disk_kib"]) / MIB for row in ledger], color=COLOURS["nats"]
    )
    done = disk.twinx()
    done.plot(minutes, [float(row["done"]) / 1000 for row in ledger], "--", color="#8a8f98")
    for axes in (memory, fds, disk, done):
        axes.set_ylim(bottom=0)
    for axes in (memory, fds, disk):
        axes.grid(alpha=0.25)
    memory.set_ylabel("resident memory, MiB")
    fds.set_ylabel("file descriptors")
    disk.set_ylabel("broker's disk, MiB")
    done.set_ylabel("done, thousands (dashed)")
    disk.set_xlabel("minutes")
    seconds = float(ledger[-1]["at"])
    rate = float(ledger[-1]["done"]) / seconds
    memory.set_title(f"{rate:.0f} frames/s for {seconds / 60:.0f} minutes, by role")
    figure.legend(*memory.get_legend_handles_labels(), loc="outside right center", frameon=False)
    figure.savefig(to, dpi=130)
    plt.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    measured = [folder / "soak" / name for name in ("processes.csv", "ledger.csv")]
    processes, ledger = (rows(file, "make soak") for file in measured)
    soak(processes, ledger, folder / "soak.png")


if __name__ == "__main__":
    main()
