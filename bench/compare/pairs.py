"""Two ways to run a mesh, measured in turns: as fast as the machine is at the moment, both are."""

import statistics
from collections.abc import Awaitable, Callable, Sequence

from bench.throughput import MeshRun

Pair = tuple[MeshRun, MeshRun]


async def in_turns(
    one: Callable[[], Awaitable[MeshRun]], other: Callable[[], Awaitable[MeshRun]], rounds: int
) -> list[Pair]:
    """Both, `rounds` times, now this one first, now that one; before that, both once to warm up."""
    await one()
    await other()
    pairs: list[Pair] = []
    for number in range(rounds):
        if number % 2:
            second = await other()
            pairs.append((await one(), second))
        else:
            first = await one()
            pairs.append((first, await other()))
        rates = (run.frames_per_second for run in pairs[-1])
        spent = (run.cpu_ms for run in pairs[-1])
        print("  {:6.0f} {:6.0f} frames/s".format(*rates), end="")
        print("   {:7.3f} {:7.3f} ms a frame".format(*spent))
    return pairs


def report(pairs: Sequence[Pair], one: str, other: str) -> None:
    """Print the medians of both, and those of their ratios in a turn."""
    firsts, seconds = zip(*pairs, strict=True)
    print(f"{'':12}{one[:11]:>12}{other[:11]:>12}{'ratio':>8}{'least':>8}{'most':>8}")

    def line(name: str, value: Callable[[MeshRun], float], digits: int) -> None:
        left, right = [value(run) for run in firsts], [value(run) for run in seconds]
        if not all(right):
            return
        ratios = [mine / theirs for mine, theirs in zip(left, right, strict=True)]
        print(
            f"{name:12}{statistics.median(left):12.{digits}f}{statistics.median(right):12.{digits}f}"
            f"{statistics.median(ratios):8.3f}{min(ratios):8.3f}{max(ratios):8.3f}"
        )

    line("frames/s", lambda run: run.frames_per_second, 0)
    print("CPU ms a frame:")
    line("all", lambda run: run.cpu_ms, 2)
    for role in sorted(firsts[0].cpu, key=lambda role: -firsts[0].cpu[role]):
        line(role, lambda run, role=role: run.role_ms(role), 2)  # type: ignore[misc]
