"""How old frames were when they were completed, and how many a second there were."""

from collections.abc import Sequence
from dataclasses import dataclass

from framemesh.api.common.v1 import outcome_pb2


@dataclass(frozen=True, slots=True)
class LatencyStats:
    """Throughput, and percentiles of the age: milliseconds from capture to outcome."""

    frames_per_second: float
    p50_ms: float
    p95_ms: float
    p99_ms: float


def latency_stats(outcomes: Sequence[outcome_pb2.Outcome]) -> LatencyStats:
    """Of at least one outcome."""
    ages = sorted((o.completed_unix_nano - o.captured_unix_nano) / 1e6 for o in outcomes)
    began = min(o.captured_unix_nano for o in outcomes)
    ended = max(o.completed_unix_nano for o in outcomes)

    def at(fraction: float) -> float:
        return ages[min(len(ages) - 1, int(fraction * len(ages)))]

    return LatencyStats(len(outcomes) / ((ended - began) / 1e9), at(0.50), at(0.95), at(0.99))
