"""What one reading of a camera's clock tells."""

from hypothesis import given
from hypothesis import strategies as st

from framemesh.ingest.clock.clock_offset import DRIFT_PER_SECOND, STEP_NANO, ClockOffset

MS = 1_000_000
HOUR = 3600 * 1000 * MS
NOW = 1_700_000_000 * 1000 * MS

distances = st.integers(0, 10 * HOUR)


@given(distances, distances, st.integers(-10 * HOUR, 10 * HOUR))
def test_the_difference_is_right_to_within_its_error(there: int, back: int, behind: int) -> None:
    read_at = NOW + there
    found = ClockOffset.of_reading(NOW, read_at - behind, read_at + back)
    assert abs(found.nano - behind) <= found.error_nano
    assert 2 * found.error_nano <= there + back + 1


@given(distances, distances)
def test_clocks_that_agree_are_never_pulled_apart(there: int, back: int) -> None:
    found = ClockOffset.of_reading(NOW, NOW + there, NOW + there + back)
    assert found.correction == 0


def test_a_clock_of_ours_that_was_set_back_meanwhile_does_no_harm() -> None:
    assert ClockOffset.of_reading(NOW, NOW, NOW - HOUR) == ClockOffset(0, 0)


def test_what_is_known_becomes_less_certain() -> None:
    assert ClockOffset(HOUR, MS).after(10.0) == ClockOffset(HOUR, MS + 10 * DRIFT_PER_SECOND)


@given(distances, distances, distances, distances, st.integers(-10 * HOUR, 10 * HOUR))
def test_no_delay_on_the_way_is_taken_for_a_step(
    there: int, back: int, again_there: int, again_back: int, behind: int
) -> None:
    first = ClockOffset.of_reading(NOW, NOW + there - behind, NOW + there + back)
    later = NOW + 100 * HOUR
    reading = later + again_there - behind
    second = ClockOffset.of_reading(later, reading, later + again_there + again_back)
    assert not second.is_step_from(first)


def test_a_step_is_what_no_error_explains() -> None:
    known = ClockOffset(HOUR, 3 * MS)
    assert not ClockOffset(HOUR + 5 * MS + STEP_NANO, 2 * MS).is_step_from(known)
    assert ClockOffset(HOUR + 5 * MS + STEP_NANO + 1, 2 * MS).is_step_from(known)
    assert ClockOffset(HOUR - 5 * MS - STEP_NANO - 1, 2 * MS).is_step_from(known)
