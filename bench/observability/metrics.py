"""What metrics and the times of hops cost a frame: `python -m bench.observability.metrics`.

Each step is called in a loop; the fastest of many rounds counts, as the machine is shared.
"""

import timeit
from collections.abc import Callable
from dataclasses import replace

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from framemesh.core.clock import SystemClock
from framemesh.core.frame import Frame, FrameId
from framemesh.core.hops import HopTimings
from framemesh.core.metrics.frames import FRAME_AGE, FRAME_OUTCOMES
from framemesh.core.metrics.metric import Service
from framemesh.core.metrics.table import metrics_of
from framemesh.core.outcome import Fate, Outcome
from framemesh.runtime.messages import outcome_message
from framemesh.runtime.metrics.exposition import page
from framemesh.runtime.metrics.meter import MemoryMeter
from framemesh.worker.frame_context import FrameContext
from framemesh.worker.measurements import FrameMeasurements
from framemesh.worker.tracing.batch_record import BatchRecord

CALLS = 20_000
ROUNDS = 15


def microseconds(step: Callable[[], object], calls: int = CALLS) -> float:
    """Of one call."""
    return 1e6 * min(timeit.repeat(step, number=calls, repeat=ROUNDS)) / calls


def completed_frame() -> FrameContext:
    clock = SystemClock()
    frame = Frame(FrameId("north", "s", 7), clock.unix_nano(), b"", 0)
    context = FrameContext(frame, clock, clock.unix_nano())
    context.begin_attempt()
    context.mark_decoded()
    context.mark_sent(BatchRecord("people", 1, clock), clock.monotonic())
    context.mark_answered()
    return context


def main() -> None:
    context, now = completed_frame(), SystemClock().unix_nano()
    timed = Outcome(
        context.frame.id, "street", Fate.DONE, now, now, "w", timings=context.hop_timings(now)
    )
    untimed = replace(timed, timings=HopTimings())
    meter = MemoryMeter(metrics_of(Service.WORKER))
    counter = meter.counter(FRAME_OUTCOMES, "street", "done", "")
    histogram = meter.histogram(FRAME_AGE, "street")
    frames = FrameMeasurements(meter, "street")
    theirs = MeterProvider(metric_readers=[InMemoryMetricReader()]).get_meter("bench")
    add, record = theirs.create_counter("c").add, theirs.create_histogram("h").record
    attributes = {"pipeline": "street", "fate": "done"}

    def encoded(outcome: Outcome) -> bytes:
        return outcome_message.to_proto(outcome).SerializeToString()

    added = microseconds(lambda: encoded(timed)) - microseconds(lambda: encoded(untimed))
    steps = {
        "hops of a frame": microseconds(lambda: context.hop_timings(now)),
        "hops in the outcome's bytes": added,
        "a counter": microseconds(counter.add),
        "a histogram": microseconds(lambda: histogram.observe(0.12)),
        "all metrics of a frame": microseconds(lambda: frames.completed(timed)),
        "OpenTelemetry: a counter": microseconds(lambda: add(1, attributes)),
        "OpenTelemetry: a histogram": microseconds(lambda: record(0.12, attributes)),
        "a worker's page": microseconds(lambda: page({"": meter.snapshot()}), 20),
    }
    for name, took in steps.items():
        print(f"{name:30}{took:9.2f} us")


if __name__ == "__main__":
    main()
