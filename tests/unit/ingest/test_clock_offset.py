"""What one reading of a camera's clock tells."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from framemesh.ingest.clock_offset import LARGE_ERROR_NANO, CameraClock, ClockOffset
from framemesh.ingest.errors import SessionProtocolViolation

MS = 1_000_000
HOUR = 3600 * 1000 * MS
NOW = 1_700_000_000 * 1000 * MS

distances = st.integers(0, 10 * HOUR)


class HandClock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def unix_nano(self) -> int:
        return self.now

    def monotonic(self) -> float:
        return self.now / 1e9


def after_reading(clock: HandClock, behind: int, *, there: int = MS, back: int = MS) -> CameraClock:
    """The clock of a camera that is `behind` ours, over a way that takes so long."""
    camera = CameraClock("door", clock)
    clock.now += there
    reading = clock.now - behind
    clock.now += back
    camera.read(reading)
    return camera


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


@pytest.mark.parametrize("behind", [HOUR, -HOUR, 5 * MS])
def test_capture_times_become_ours(behind: int) -> None:
    clock = HandClock()
    camera = after_reading(clock, behind)
    assert camera.captured(NOW - 7 * MS - behind) == NOW - 7 * MS


def test_before_a_reading_capture_times_are_taken_as_they_are() -> None:
    assert CameraClock("door", HandClock()).captured(NOW - HOUR) == NOW - HOUR


def test_a_difference_within_its_error_is_taken_for_none() -> None:
    camera = after_reading(HandClock(), 9 * MS, there=10 * MS, back=10 * MS)
    assert camera.captured(NOW - HOUR) == NOW - HOUR


def test_a_frame_from_the_future_was_taken_now() -> None:
    clock = HandClock()
    assert CameraClock("door", clock).captured(NOW + 1) == NOW
    camera = after_reading(clock, HOUR)
    assert camera.captured(clock.now - HOUR + 1) == clock.now


def test_a_camera_that_does_not_know_the_time_gets_ours() -> None:
    assert CameraClock("door", HandClock()).captured(0) == NOW


@pytest.mark.parametrize("reading", [-(2**63), 0, 2**63 - 1])
@pytest.mark.parametrize("captured", [-(2**63), 1, 2**63 - 1])
def test_nonsense_stays_within_the_times_that_there_were(reading: int, captured: int) -> None:
    camera = CameraClock("door", HandClock())
    camera.read(reading)
    assert 0 <= camera.captured(captured) <= NOW


def test_a_clock_of_ours_that_was_set_back_meanwhile_does_no_harm() -> None:
    assert ClockOffset.of_reading(NOW, NOW, NOW - HOUR) == ClockOffset(0, 0)


def test_a_second_reading_is_refused() -> None:
    camera = after_reading(HandClock(), 0)
    with pytest.raises(SessionProtocolViolation, match="send one a stream"):
        camera.read(NOW)


def test_the_difference_is_logged_once_with_its_error() -> None:
    with capture_logs() as logs:
        after_reading(HandClock(), HOUR).captured(NOW)
    assert logs == [
        {
            "event": "camera clock is known",
            "log_level": "info",
            "camera": "door",
            "offset_ms": HOUR / MS,
            "error_ms": 1.0,
            "corrected": True,
        }
    ]


def test_a_long_round_trip_is_a_warning() -> None:
    with capture_logs() as logs:
        after_reading(HandClock(), 0, there=LARGE_ERROR_NANO, back=LARGE_ERROR_NANO + 2)
    (entry,) = logs
    assert entry["log_level"] == "warning"
    assert entry["error_ms"] > 250
