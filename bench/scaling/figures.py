"""Draws what `bench.scaling.first_frames` and `bench.scaling` measured: `make figures`.

It needs matplotlib and the files of measurements, and nothing of framemesh.
"""

import argparse
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib  # type: ignore[import-not-found]

matplotlib.use("Agg")

import matplotlib.pyplot as plt  # type: ignore[import-not-found]
from matplotlib.ticker import (  # type: ignore[import-not-found]
    FuncFormatter,
    LogLocator,
    NullFormatter,
)

from bench.scaling.csv_rows import Row, rows

MEASURE = "python -m bench.scaling"

COLOURS = {
    "framemesh": "#0a7d5c",
    "fixed": "#8a8f98",
    "utilization": "#c2571a",
    "pending-over-rate": "#5b63b7",
}
TITLES = {"step": "A step", "ramp": "A ramp", "burst": "Bursts", "day": "A day, compressed"}
NAMES = {
    "framemesh": "framemesh",
    "fixed": "fixed",
    "utilization": "utilization 70/30",
    "pending-over-rate": "pending ÷ rate",
}


def seconds_axis(axes: "plt.Axes") -> None:
    """Seconds on a scale of powers, as plain numbers."""
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())


def first_frames(found: Sequence[Row], to: Path) -> None:
    """Time for the first 300 frames, and what a line through one worker would be."""
    figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
    models = sorted({int(row["model_ms"]) for row in found})
    for model, colour in zip(models, ("#0a7d5c", "#5b63b7", "#c2571a"), strict=False):
        of_model = [row for row in found if int(row["model_ms"]) == model]
        workers = [int(row["workers"]) for row in of_model]
        axes.plot(
            workers, [float(row["linear"]) for row in of_model], "--", color=colour, alpha=0.45
        )
        axes.plot(
            workers,
            [float(row["seconds"]) for row in of_model],
            "o-",
            color=colour,
            label=f"{model} ms a frame: {float(of_model[-1]['of_linear']):.2f} of linear at 8",
        )
    seconds_axis(axes)
    axes.set_xticks(sorted({int(row["workers"]) for row in found}))
    axes.set_xlabel("workers")
    axes.set_ylabel("seconds for the first 300 frames")
    axes.set_title("Frames of 640x480; dashed: one worker over the number of workers")
    axes.grid(alpha=0.25, which="both")
    axes.legend(frameon=False)
    figure.savefig(to, dpi=150)
    plt.close(figure)


def derivative(loads: Mapping[str, Sequence[Row]], to: Path) -> None:
    """For each load the backlog, its derivative, and the workers, with every decision marked."""
    figure, grid = plt.subplots(
        3, len(loads), figsize=(4.2 * len(loads), 7.5), sharex="col", layout="constrained"
    )
    for column, (load, found) in enumerate(loads.items()):
        at = [float(row["at"]) for row in found]
        wanted = [int(row["wanted"]) for row in found]
        changes = [
            (at[index], wanted[index] > wanted[index - 1])
            for index in range(1, len(wanted))
            if wanted[index] != wanted[index - 1]
        ]
        top, middle, bottom = (grid[line][column] for line in range(3))
        top.plot(at, [float(row["pending"]) for row in found], color="#333842")
        middle.plot(at, [float(row["growth"]) for row in found], color="#5b63b7", lw=1)
        middle.axhline(0, color="#8a8f98", lw=0.8)
        bottom.step(at, wanted, color="#0a7d5c", where="post", label="wanted")
        bottom.step(
            at, [int(row["ready"]) for row in found], color="#c2571a", where="post", label="ready"
        )
        load_axes = bottom.twinx()
        load_axes.fill_between(
            at, [float(row["offered"]) for row in found], color="#8a8f98", alpha=0.18, lw=0
        )
        load_axes.set_ylim(0, 110)
        bottom.set_ylim(0, 9)
        for axes in (top, middle, bottom):
            axes.grid(alpha=0.25)
            for when, grows in changes:
                axes.axvline(when, color="#0a7d5c" if grows else "#c2571a", lw=0.8, ls=":")
        top.set_title(TITLES[load])
        bottom.set_xlabel("seconds")
        load_axes.set_yticks([0, 50, 100])
        if column == 0:
            top.set_ylabel("backlog, frames")
            middle.set_ylabel("its derivative, frames/s")
            bottom.set_ylabel("workers")
            bottom.legend(frameon=False, loc="center right")
        if column == len(loads) - 1:
            load_axes.set_ylabel("offered, frames/s (grey)")
    figure.savefig(to, dpi=130)
    plt.close(figure)


def pareto(found: Sequence[Row], to: Path) -> None:
    """Cost against age, one plot a load; what is lower and further left is better."""
    loads: dict[str, list[Row]] = defaultdict(list)
    for row in found:
        loads[row["load"]].append(row)
    figure, grid = plt.subplots(
        1,
        len(loads),
        figsize=(3.8 * len(loads), 3.8),
        sharey=True,
        layout="constrained",
        squeeze=False,
    )
    for plot, (load, of_load) in zip(grid[0], loads.items(), strict=True):
        for row in of_load:
            plot.plot(
                float(row["worker_seconds"]),
                float(row["age_p99"]),
                "o",
                color=COLOURS[row["scaler"]],
                label=NAMES[row["scaler"]],
                markersize=9,
            )
        plot.axhline(2, color="#8a8f98", lw=0.8, ls="--")
        plot.margins(0.15)
        seconds_axis(plot)
        plot.set_title(TITLES[load])
        plot.set_xlabel("worker-seconds")
        plot.grid(alpha=0.25)
    grid[0][0].set_ylabel("age p99, s (dashed: the objective)")
    handles, names = grid[0][0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside upper center", ncols=len(names), frameon=False)
    figure.savefig(to, dpi=140)
    plt.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    scaling = folder / "scaling"
    first = rows(folder / "first-frames.csv", "python -m bench.scaling.first_frames")
    first_frames(first, folder / "first-frames.png")
    derivative(
        {load: rows(scaling / f"{load}-framemesh.csv", MEASURE) for load in TITLES},
        folder / "derivative.png",
    )
    pareto(rows(scaling / "summary.csv", MEASURE), folder / "scalers.png")


if __name__ == "__main__":
    main()
