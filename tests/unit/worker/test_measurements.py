"""What a worker measures of frames, requests and leases."""

import asyncio
from typing import Any

import pytest
from tritonclient.grpc import service_pb2 as pb

from framemesh.core.frame import FrameId
from framemesh.core.hops import HopTimings
from framemesh.core.metrics.frames import (
    BATCH_SIZE,
    FRAME_AGE,
    FRAME_HOP,
    FRAME_OUTCOMES,
    LEASE_MOVES,
    LEASES_HELD,
    TRITON_COMPUTE,
    TRITON_EXECUTIONS,
    TRITON_QUEUE,
    TRITON_REQUEST,
)
from framemesh.core.metrics.metric import Metric
from framemesh.core.outcome import Fate, Outcome
from framemesh.runtime.metrics.meter import Measured, MemoryMeter
from framemesh.worker.engine.measured_inference import MeasuredInference
from framemesh.worker.errors import TritonUnavailable
from framemesh.worker.intake.lease_measurements import LeaseMeasurements
from framemesh.worker.measurements import FrameMeasurements
from framemesh.worker.triton.statistics import TritonStatistics
from tests.hand_clock import HandClock

METRICS = (
    FRAME_AGE,
    FRAME_HOP,
    FRAME_OUTCOMES,
    BATCH_SIZE,
    TRITON_REQUEST,
    TRITON_QUEUE,
    TRITON_COMPUTE,
    TRITON_EXECUTIONS,
    LEASES_HELD,
    LEASE_MOVES,
)


NOT_KNOWN = HopTimings()


def measured(meter: MemoryMeter, metric: Metric) -> Measured:
    return next(each for each in meter.snapshot() if each.metric is metric)


def outcome(fate: Fate, reason: str = "", timings: HopTimings = NOT_KNOWN) -> Outcome:
    return Outcome(
        FrameId("north", "s", 1), "street", fate, 0, 2_500_000_000, "w", reason, timings=timings
    )


def test_a_frame_counts_by_its_fate_and_on_each_hop_that_it_reached() -> None:
    meter = MemoryMeter(METRICS)
    frames = FrameMeasurements(meter, "street")
    frames.completed(outcome(Fate.DONE, timings=HopTimings(1000, 0, 7, 1, 1, 500_000, 1)))
    frames.completed(outcome(Fate.EXPIRED, "too_old", HopTimings(1000, 0, 3)))
    assert measured(meter, FRAME_OUTCOMES).values == {
        ("street", "done", ""): 1,
        ("street", "expired", "too_old"): 1,
    }
    hops = measured(meter, FRAME_HOP).distributions
    assert sum(hops["street", "queue"].counts) == 2
    assert hops["street", "queue"].total == pytest.approx(10e-6)
    assert sum(hops["street", "triton"].counts) == 1
    (age,) = measured(meter, FRAME_AGE).distributions.values()
    assert (sum(age.counts), age.total) == (1, 2.5)


async def test_a_request_is_measured_when_it_is_answered() -> None:
    meter, clock, away = MemoryMeter(METRICS), HandClock(), False

    async def infer(rows: Any, size: Any) -> list[Any]:
        clock.seconds += 0.25
        if away:
            raise TritonUnavailable("gone")
        return []

    inference = MeasuredInference(infer, meter, ("street", "things"), clock)
    await inference([0, 1, 2], None)
    away = True
    with pytest.raises(TritonUnavailable):
        await inference([0], None)
    sizes = measured(meter, BATCH_SIZE).distributions["street", "things"]
    assert (sum(sizes.counts), sizes.total) == (1, 3)
    assert measured(meter, TRITON_REQUEST).distributions["street", "things"].total == 0.25
    assert (inference.inputs, inference.input_seconds) == (3, 0.75)


async def test_leases_are_counted_as_they_come_and_go() -> None:
    meter = MemoryMeter(METRICS)

    class Lease:
        certain = True

    async def hold(lease: Any) -> None:
        held.set()
        await go.wait()

    held, go = asyncio.Event(), asyncio.Event()
    lease: Any = Lease()
    work = LeaseMeasurements(meter, "street").measured(hold)
    task = asyncio.ensure_future(work(lease))
    await held.wait()
    assert measured(meter, LEASES_HELD).values == {("street",): 1}
    go.set()
    await task
    lease.certain = False
    await work(lease)
    moves = {change: n for (_, change), n in measured(meter, LEASE_MOVES).values.items()}
    assert moves == {"acquired": 2, "released": 1, "lost": 1}
    assert measured(meter, LEASES_HELD).values == {("street",): 0}


def test_what_triton_says_of_itself_adds_up_across_its_restarts() -> None:
    def said(executions: int, nanos: int) -> list[pb.ModelStatistics]:
        of = pb.StatisticDuration(count=executions, ns=nanos)
        took = pb.InferStatistics(queue=of, compute_infer=of, compute_output=of)
        return [
            pb.ModelStatistics(name="person-1", execution_count=executions, inference_stats=took)
        ]

    meter = MemoryMeter(METRICS)
    client: Any = None
    statistics = TritonStatistics(client, meter, "street")
    for executions, nanos in ((10, 10**9), (20, 2 * 10**9), (1, 10**9)):
        statistics.update(said(executions, nanos))
    key = ("street", "person-1")
    assert measured(meter, TRITON_EXECUTIONS).values == {key: 21}
    assert measured(meter, TRITON_QUEUE).values == {key: 3.0}
    assert measured(meter, TRITON_COMPUTE).values == {key: 6.0}
