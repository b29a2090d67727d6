"""The ages of both ways side by side, and what each hop has of the difference."""

import statistics
from collections.abc import Sequence

import numpy as np

from bench.latency.turns import AGE, SEEN, Ages
from framemesh.core.hops import Hop

GOAL_P50_MS, GOAL_P99_MS = 3.0, 10.0
"""What a mesh may add to the age of a frame."""

Turn = tuple[Ages, Ages]
"""Of the direct loop and of the mesh, one after the other."""


def percentile(ages: Ages, name: str, percent: float) -> float:
    return float(np.percentile(ages.of[name], percent))


def median(turns: Sequence[Ages], name: str, percent: float) -> float | None:
    """None: they have no such step."""
    found = [percentile(turn, name, percent) for turn in turns if turn.of.get(name)]
    return statistics.median(found) if found else None


def added(turns: Sequence[Turn], percent: float) -> float:
    """Milliseconds that the mesh adds to a percentile of the age: the median of the turns."""
    return statistics.median(
        percentile(mesh, AGE, percent) - percentile(direct, AGE, percent) for direct, mesh in turns
    )


COLUMNS = ("hop", "direct_p50", "direct_p99", "mesh_p50", "mesh_p99")
"""Milliseconds; empty where a way has no such hop."""


def table(turns: Sequence[Turn]) -> list[dict[str, str | float | None]]:
    """The medians of the turns, a row for each hop, for the age, and for who watches."""
    lines: list[dict[str, str | float | None]] = []
    for name in (*(hop.value for hop in Hop), AGE, SEEN):
        line: dict[str, str | float | None] = {"hop": name}
        for number, way in enumerate(("direct", "mesh")):
            # Who calls directly sees the boxes as soon as they are there.
            step = AGE if name == SEEN and way == "direct" else name
            for percent in (50, 99):
                found = median([turn[number] for turn in turns], step, percent)
                line[f"{way}_p{percent}"] = None if found is None else round(found, 2)
        lines.append(line)
    return lines


def _column(value: str | float | None) -> str:
    return f"{'-':>9}" if value is None else f"{value:9.2f}"


def report(turns: Sequence[Turn]) -> bool:
    """Print; returns whether both goals are met."""
    print(f"{'ms':10}{'direct p50':>12}{'p99':>9}{'mesh p50':>12}{'p99':>9}")
    for line in table(turns):
        hop, *values = line.values()
        print("{:10}   {}{}   {}{}".format(hop, *map(_column, values)))
    p50, p99 = added(turns, 50), added(turns, 99)
    met = p50 <= GOAL_P50_MS and p99 <= GOAL_P99_MS
    goals = f"goals {GOAL_P50_MS:g} and {GOAL_P99_MS:g} ms"
    print(f"added to the age: p50 {p50:.2f} ms, p99 {p99:.2f} ms ({goals})")
    lost = sum(mesh.offered - mesh.done for _, mesh in turns)
    print(f"frames of the mesh: {sum(mesh.offered for _, mesh in turns)}, not done: {lost}")
    return met and not lost
