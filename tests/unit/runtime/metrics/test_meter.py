"""What is measured is kept within bounds, and told as it is."""

from framemesh.core.metrics.metric import Kind, Metric, Service
from framemesh.runtime.metrics.meter import MAX_SERIES, NO_METER, OTHER, MemoryMeter

ALL = (Service.WORKER,)
FRAMES = Metric("t.frames", Kind.COUNTER, "{frame}", "Frames.", ALL, ("pipeline",))
HELD = Metric("t.held", Kind.GAUGE, "{frame}", "Held.", ALL, ("pipeline",))
AGE = Metric("t.age", Kind.HISTOGRAM, "s", "Age.", ALL, ("pipeline",), (0.1, 1.0))


def test_a_series_is_the_same_for_the_same_attributes() -> None:
    meter = MemoryMeter([FRAMES])
    meter.counter(FRAMES, "street").add()
    meter.counter(FRAMES, "street").add(2)
    meter.counter(FRAMES, "yard").add()
    (measured,) = meter.snapshot()
    assert measured.values == {("street",): 3, ("yard",): 1}


def test_a_value_is_in_the_first_bucket_whose_bound_it_does_not_exceed() -> None:
    meter = MemoryMeter([AGE])
    for value in (0.05, 0.1, 0.5, 1.0, 7.0):
        meter.histogram(AGE, "street").observe(value)
    (measured,) = meter.snapshot()
    assert measured.distributions["street",].counts == (2, 2, 1)
    assert measured.distributions["street",].total == 0.05 + 0.1 + 0.5 + 1.0 + 7.0


def test_what_is_read_is_as_it_is_at_that_moment_and_adds_up() -> None:
    meter = MemoryMeter([HELD])
    held: dict[tuple[str, ...], float] = {("street",): 3.0}
    meter.observe(HELD, lambda: held)
    meter.observe(HELD, lambda: {("street",): 1, ("yard",): 2})
    assert meter.snapshot()[0].values == {("street",): 4, ("yard",): 2}
    held.clear()
    assert meter.snapshot()[0].values == {("street",): 1, ("yard",): 2}


def test_of_many_series_the_last_are_counted_together() -> None:
    meter = MemoryMeter([FRAMES, AGE, HELD])
    for number in range(MAX_SERIES + 10):
        meter.counter(FRAMES, str(number)).add()
        meter.histogram(AGE, str(number)).observe(1)
    meter.observe(HELD, lambda: {(str(number),): 1 for number in range(MAX_SERIES + 10)})
    frames, age, held = meter.snapshot()
    assert len(frames.values) == len(age.distributions) == len(held.values) == MAX_SERIES + 1
    assert frames.values[OTHER,] == held.values[OTHER,] == 10
    assert sum(age.distributions[OTHER,].counts) == 10


def test_where_nothing_is_measured_instruments_take_anything() -> None:
    NO_METER.counter(FRAMES, "street").add()
    NO_METER.histogram(AGE, "street").observe(1.0)
    NO_METER.observe(HELD, dict)
    assert NO_METER.counter(FRAMES, "street").value == 0
