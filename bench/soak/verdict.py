"""Whether anything grew, leaked or was lost during a soak."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from bench.soak.samples import LedgerSample, ProcessSample, Recorded

MIB = 1024
"""KiB in one."""

GROWTH_SHARE = 0.05

MOST_POINTS = 500
"""Whose pairs a slope is taken from: 125,000 pairs. More samples are thinned out."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a mesh may do after its warm-up."""

    growth_share: float = GROWTH_SHARE
    """Of the resident memory of a role, over all that is measured."""
    growth_floor_mib: float = 3.0
    """Allowed whatever the share: a role of 50 MiB moves by so much without growing."""
    floors_mib: Mapping[str, float] = field(default_factory=lambda: {"nats": 64.0})
    """Of single roles. nats-server has 25 to 55 MiB in use after a collection, as it has blocks of
    streams of up to 8 MiB each in memory or not, and lets garbage pile up to twice as much."""
    more_fds: int = 2
    """Of a role: connections of a request that a sample happens to see."""
    more_threads: int = 2
    """Of a role: pools that start a thread when they first need it."""

    def growth_kib(self, role: str, level_kib: float) -> float:
        floor = self.floors_mib.get(role, self.growth_floor_mib)
        return max(self.growth_share * level_kib, floor * MIB)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    what: str
    value: str
    bound: str
    passed: bool


def slope(times: Sequence[float], values: Sequence[float]) -> float:
    """The median of the slopes between all pairs (Theil and Sen): of every ten samples two may be
    anything. 0 of fewer than two."""
    every = max(1, len(times) // MOST_POINTS)
    at, value = np.asarray(times, float)[::every], np.asarray(values, float)[::every]
    first, second = np.triu_indices(len(at), 1)
    apart = at[second] - at[first]
    if not np.any(apart > 0):
        return 0.0
    steps = (value[second] - value[first])[apart > 0] / apart[apart > 0]
    return float(np.median(steps))


def by_role(
    samples: Sequence[ProcessSample], value: Callable[[ProcessSample], float]
) -> Mapping[str, tuple[list[float], list[float]]]:
    """For each role the times, and the sums of its processes then."""
    sums: defaultdict[str, defaultdict[float, float]] = defaultdict(lambda: defaultdict(float))
    for sample in samples:
        sums[sample.role][sample.at] += value(sample)
    return {role: ([*found], [*found.values()]) for role, found in sorted(sums.items())}


def verdict(found: Recorded, warm_seconds: float, sent: int, bounds: Bounds) -> list[Finding]:
    """
    Args:
        warm_seconds: from the beginning of the load, which are not judged.
        sent: frames that the cameras say were accepted.

    Raises:
        ValueError: there is nothing after the warm-up.
    """
    warm = found.after(warm_seconds)
    if len(warm.ledger) < 2 or not warm.processes:
        raise ValueError("there are no samples after the warm-up: let it run longer")
    return [
        *_memory(warm.processes, bounds),
        *_flat("fds", by_role(warm.processes, lambda each: each.fds), bounds.more_fds),
        *_flat("threads", by_role(warm.processes, lambda each: each.threads), bounds.more_threads),
        _same_processes(warm.processes),
        *_ledger(found.ledger, sent),
    ]


def _memory(samples: Sequence[ProcessSample], bounds: Bounds) -> list[Finding]:
    findings = []
    for role, (times, sizes) in by_role(samples, lambda each: each.rss_kib).items():
        level, each_second = float(np.median(sizes)), slope(times, sizes)
        growth, most = each_second * (times[-1] - times[0]), bounds.growth_kib(role, level)
        findings.append(
            Finding(
                f"{role}: memory",
                f"{level / MIB:.1f} MiB, growth {growth / MIB:+.1f},"
                f" {3600 * each_second / MIB:+.1f} an hour",
                f"growth {most / MIB:.1f} MiB",
                growth <= most,
            )
        )
    return findings


def _flat(
    what: str, roles: Mapping[str, tuple[list[float], list[float]]], more: int
) -> list[Finding]:
    """The median of the last third beside that of the first: one that is opened and closed again
    does not count."""
    findings = []
    for role, (_, counts) in roles.items():
        third = max(1, len(counts) // 3)
        before, after = np.median(counts[:third]), np.median(counts[-third:])
        findings.append(
            Finding(
                f"{role}: {what}",
                f"{before:.0f}, then {after:.0f}",
                f"{more} more",
                bool(after <= before + more),
            )
        )
    return findings


def _same_processes(samples: Sequence[ProcessSample]) -> Finding:
    first, last = samples[0].at, samples[-1].at
    pids = {
        at: {each.pid for each in samples if each.at == at and each.role != "cameras"}
        for at in (first, last)
    }
    gone, came = len(pids[first] - pids[last]), len(pids[last] - pids[first])
    value = f"{gone} ended, {came} started"
    return Finding("processes", value, "the same all the time", not gone and not came)


def _ledger(samples: Sequence[LedgerSample], sent: int) -> list[Finding]:
    last = samples[-1]
    unbalanced = sum(not sample.balances for sample in samples)
    lost = sent - last.done
    return [
        Finding("ledger", f"{unbalanced} of {len(samples)} do not balance", "0", not unbalanced),
        Finding("frames", f"{sent} accepted, {last.done} done", "all", not lost),
        Finding("second outcomes", str(last.duplicates), "0", not last.duplicates),
    ]


def report(findings: Sequence[Finding]) -> bool:
    """Print them; returns whether all passed."""
    width = max(len(finding.what) for finding in findings)
    for finding in findings:
        mark = "ok  " if finding.passed else "FAIL"
        print(f"{mark} {finding.what:{width}}  {finding.value}  (at most: {finding.bound})")
    return all(finding.passed for finding in findings)
