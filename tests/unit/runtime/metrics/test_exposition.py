"""The page that Prometheus reads."""

import json

from framemesh.core.metrics.metric import DURATION_BOUNDS, Kind, Metric, Service
from framemesh.runtime.metrics.exposition import page
from framemesh.runtime.metrics.meter import MemoryMeter
from framemesh.runtime.metrics.transfer import from_plain, to_plain

ALL = (Service.WORKER,)
FRAMES = Metric(
    "t.frames", Kind.COUNTER, "{frame}", "Frames of cameras.", ALL, ("pipeline", "fate")
)
SIZE = Metric("t.image.size", Kind.GAUGE, "By", "Size.", ALL)
AGE = Metric("t.age", Kind.HISTOGRAM, "s", "Age.", ALL, ("pipeline",), (0.1, 1.0))
METRICS = (FRAMES, AGE)


def test_each_kind_is_written_as_prometheus_reads_it() -> None:
    meter = MemoryMeter([FRAMES, SIZE, AGE])
    meter.counter(FRAMES, "street", "done").add(3)
    meter.observe(SIZE, lambda: {(): 1.5})
    for value in (0.05, 0.5, 7.0):
        meter.histogram(AGE, 'a "b"').observe(value)
    assert page({"": meter.snapshot()}).decode().splitlines() == [
        "# HELP t_frames_total Frames of cameras.",
        "# TYPE t_frames_total counter",
        't_frames_total{fate="done",pipeline="street"} 3.0',
        "# HELP t_image_size_bytes Size.",
        "# TYPE t_image_size_bytes gauge",
        "t_image_size_bytes 1.5",
        "# HELP t_age_seconds Age.",
        "# TYPE t_age_seconds histogram",
        r't_age_seconds_bucket{le="0.1",pipeline="a \"b\""} 1.0',
        r't_age_seconds_bucket{le="1.0",pipeline="a \"b\""} 2.0',
        r't_age_seconds_bucket{le="+Inf",pipeline="a \"b\""} 3.0',
        r't_age_seconds_count{pipeline="a \"b\""} 3.0',
        r't_age_seconds_sum{pipeline="a \"b\""} 7.55',
    ]


def test_what_was_never_measured_is_named_all_the_same() -> None:
    assert page({"": MemoryMeter([FRAMES]).snapshot()}).decode().splitlines() == [
        "# HELP t_frames_total Frames of cameras.",
        "# TYPE t_frames_total counter",
    ]


def test_bounds_are_written_without_the_noise_of_their_arithmetic() -> None:
    metric = Metric("t.d", Kind.HISTOGRAM, "s", "D.", ALL, (), DURATION_BOUNDS)
    meter = MemoryMeter([metric])
    meter.histogram(metric).observe(0.3)
    bounds = [
        line.split('"')[1] for line in page({"": meter.snapshot()}).decode().splitlines()[2:-2]
    ]
    assert bounds[:4] == ["0.0001", "0.00025", "0.0005", "0.001"]
    assert bounds[-2:] == ["50.0", "+Inf"]


def test_several_processes_share_a_family_and_are_told_apart() -> None:
    found = {}
    for number in (1, 2):
        meter = MemoryMeter([FRAMES, AGE])
        meter.counter(FRAMES, "street", "done").add(number)
        found[str(number)] = from_plain(json.loads(json.dumps(to_plain(meter.snapshot()))), METRICS)
    meter.histogram(AGE, "street").observe(0.5)
    found["3"] = from_plain(json.loads(json.dumps(to_plain(meter.snapshot()))), METRICS)
    lines = page(found).decode().splitlines()
    assert [line for line in lines if "frames" in line] == [
        "# HELP t_frames_total Frames of cameras.",
        "# TYPE t_frames_total counter",
        't_frames_total{fate="done",pipeline="street",process="1"} 1.0',
        't_frames_total{fate="done",pipeline="street",process="2"} 2.0',
        't_frames_total{fate="done",pipeline="street",process="3"} 2.0',
    ]
    assert 't_age_seconds_bucket{le="1.0",pipeline="street",process="3"} 1.0' in lines
    assert 't_age_seconds_sum{pipeline="street",process="3"} 0.5' in lines
