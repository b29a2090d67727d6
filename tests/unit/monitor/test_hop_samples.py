from framemesh.core.hops import Hop, HopTimings
from framemesh.monitor.ledger.hop_samples import EVERY, MAX_SAMPLES, HopPercentiles, HopSamples


def test_the_first_of_some_frames_is_a_sample() -> None:
    samples = HopSamples()
    assert [samples.is_next() for _ in range(2 * EVERY)].count(True) == 2
    assert HopSamples().is_next()


def test_percentiles_are_in_seconds_and_of_the_hops_that_are_known() -> None:
    samples = HopSamples()
    for microseconds in range(1, 101):
        samples.add(HopTimings(ingest=1000 * microseconds, triton=5))
    assert samples.percentiles() == {
        Hop.INGEST: HopPercentiles(0.051, 0.1),
        Hop.TRITON: HopPercentiles(5e-6, 5e-6),
    }


def test_only_the_last_samples_count() -> None:
    samples = HopSamples()
    samples.add(HopTimings(ingest=10**9))
    for _ in range(MAX_SAMPLES):
        samples.add(HopTimings(ingest=1000))
    assert samples.percentiles()[Hop.INGEST].p99 == 0.001


def test_without_samples_nothing_is_known() -> None:
    assert HopSamples().percentiles() == {}
