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


def _column(value: float | None) -> str:
    return f"{'-':>9}" if value is None else f"{value:9.2f}"


def report(turns: Sequence[Turn]) -> bool:
    """Print; returns whether both goals are met."""
    directs, meshes = [direct for direct, _ in turns], [mesh for _, mesh in turns]
    print(f"{'ms':10}{'direct p50':>12}{'p99':>9}{'mesh p50':>12}{'p99':>9}{'added p50':>12}")
    for name in (*(hop.value for hop in Hop), AGE, SEEN):
        # Who calls directly sees the boxes as soon as they are there.
        of_direct = AGE if name == SEEN else name
        one, other = median(directs, of_direct, 50), median(meshes, name, 50)
        print(f"{name:10}   {_column(one)}{_column(median(directs, of_direct, 99))}", end="")
        print(f"   {_column(other)}{_column(median(meshes, name, 99))}", end="")
        # What the direct loop does not have is all the mesh's. Medians do not add up exactly.
        print(f"   {_column(None if other is None else other - (one or 0.0))}")
    p50, p99 = added(turns, 50), added(turns, 99)
    met = p50 <= GOAL_P50_MS and p99 <= GOAL_P99_MS
    goals = f"goals {GOAL_P50_MS:g} and {GOAL_P99_MS:g} ms"
    print(f"added to the age: p50 {p50:.2f} ms, p99 {p99:.2f} ms ({goals})")
    lost = sum(mesh.offered - mesh.done for mesh in meshes)
    print(f"frames of the mesh: {sum(mesh.offered for mesh in meshes)}, not done: {lost}")
    return met and not lost
