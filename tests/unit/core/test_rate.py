import pytest

from framemesh.core.clock import NANO
from framemesh.core.ledger.rate import WINDOW_SECONDS, Rate

T = 1_800_000_000 * NANO


def test_nothing_happened() -> None:
    assert Rate().per_second(T) == 0


def test_a_steady_stream_has_its_rate() -> None:
    rate = Rate()
    for tick in range(300):
        rate.add(T + tick * NANO // 25)
    assert rate.per_second(T + 12 * NANO) == pytest.approx(25)


def test_a_short_burst_counts_from_its_beginning() -> None:
    rate = Rate()
    rate.add(T, 40)
    rate.add(T + NANO, 60)
    assert rate.per_second(T + 2 * NANO) == pytest.approx(50)


def test_what_is_long_ago_does_not_count() -> None:
    rate = Rate()
    rate.add(T, 40)
    assert rate.per_second(T + (WINDOW_SECONDS + 2) * NANO) == 0


def test_it_goes_on_from_its_seconds() -> None:
    rate = Rate()
    for second in (1, 3, 3, 4):
        rate.add(second * NANO, 2)
    assert rate.seconds == ((1, 2), (3, 4), (4, 2))
    assert Rate(rate.seconds).per_second(6 * NANO) == rate.per_second(6 * NANO)
