"""Draws where the age of a frame comes from, with a mesh and without one: `make figures`.

It needs matplotlib and the file of measurements, and nothing of framemesh.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import matplotlib  # type: ignore[import-not-found]

matplotlib.use("Agg")

import matplotlib.pyplot as plt  # type: ignore[import-not-found]

from bench.scaling.csv_rows import Row, rows

COLOURS = {
    "ingest": "#c2571a",
    "dwell": "#b59a2b",
    "queue": "#8a8f98",
    "decode": "#2b7fb8",
    "batch": "#b8378c",
    "triton": "#5b63b7",
    "outcome": "#0a7d5c",
}
"""Of the hops, in their order."""


def latency(found: Sequence[Row], to: Path) -> None:
    """The median of each hop, one after the other. Medians do not add up to that of the age, which
    is marked."""
    figure, axes = plt.subplots(figsize=(7.5, 2.4), layout="constrained")
    by_hop = {row["hop"]: row for row in found}
    for place, way in enumerate(("mesh", "direct")):
        left = 0.0
        for hop, colour in COLOURS.items():
            width = float(by_hop[hop][f"{way}_p50"] or 0)
            label = hop if way == "mesh" else None
            axes.barh(place, width, left=left, color=colour, label=label, height=0.6)
            left += width
        age = float(by_hop["age"][f"{way}_p50"])
        axes.plot([age, age], [place - 0.38, place + 0.38], color="#333842", lw=2)
    axes.set_yticks([0, 1], ["mesh", "direct loop"])
    axes.set_xlabel("ms from when a frame was due, medians (black: the age)")
    axes.grid(alpha=0.25, axis="x")
    axes.set_axisbelow(True)
    figure.legend(loc="outside upper center", ncols=len(COLOURS), frameon=False)
    figure.savefig(to, dpi=140)
    plt.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    file = folder / "latency.csv"
    latency(rows(file, f"python -m bench.latency --out {file}"), folder / "latency.png")


if __name__ == "__main__":
    main()
