"""What the readings of a camera's clock make of its capture times."""

from collections.abc import MutableMapping
from typing import Any

import pytest
from structlog.testing import capture_logs

from framemesh.ingest.clock.camera_clock import (
    ANSWER_SECONDS,
    LARGE_ERROR_NANO,
    QUERY_ANSWERS,
    QUERY_SECONDS,
    CameraClock,
)
from framemesh.ingest.errors import SessionProtocolViolation

MS = 1_000_000
SECOND = 1000 * MS
HOUR = 3600 * SECOND
NOW = 1_700_000_000 * SECOND
IN_1970 = 20 * SECOND


class TwoClocks:
    """Ours: one that can be set, and one that only runs. They stand still until they are moved."""

    def __init__(self) -> None:
        self.now = NOW
        self.running = 5 * HOUR

    def unix_nano(self) -> int:
        return self.now

    def monotonic(self) -> float:
        return self.running / 1e9

    def run(self, nano: int) -> None:
        self.now += nano
        self.running += nano


def asked(camera: CameraClock, answers: int = QUERY_ANSWERS) -> int | None:
    """The query that the last of so many answers to the camera brings; those before it: none."""
    before = [camera.next_query() for _ in range(answers - 1)]
    assert not any(before)
    return camera.next_query()


class World:
    """A camera that is `behind` us, over a way of some milliseconds."""

    def __init__(self, behind: int = 0, *, there: int = MS, back: int = MS) -> None:
        self.clock = TwoClocks()
        self.behind = behind
        self.steps = 0
        self.camera = CameraClock("door", self.clock, self.on_step)
        self.answer(0, there, back)

    def on_step(self) -> None:
        self.steps += 1

    def answer(self, query: int, there: int = MS, back: int = MS, stepped: int = 0) -> None:
        self.clock.run(there)
        reading = self.clock.now - self.behind
        self.clock.run(back)
        self.camera.read(reading, query, stepped)

    def measure(self, there: int = MS, back: int = MS, stepped: int = 0) -> None:
        """The next query, when it is time, and its answer."""
        self.clock.run(round(QUERY_SECONDS * SECOND))
        query = asked(self.camera)
        assert query is not None
        self.answer(query, there, back, stepped)

    def age_of(self, age: int) -> int:
        """How old we take a frame for that was captured so long ago."""
        return self.clock.now - self.camera.captured(self.clock.now - self.behind - age)


Logs = list[MutableMapping[str, Any]]


def steps_in(logs: Logs) -> list[tuple[float, str]]:
    return [
        (entry["by_ms"], entry["found_by"])
        for entry in logs
        if entry["event"] == "camera clock was set"
    ]


@pytest.mark.parametrize("behind", [HOUR, -HOUR, 5 * MS, NOW - IN_1970])
def test_capture_times_become_ours(behind: int) -> None:
    assert World(behind).age_of(7 * MS) == 7 * MS


def test_before_a_reading_capture_times_are_taken_as_they_are() -> None:
    assert CameraClock("door", TwoClocks()).captured(NOW - HOUR) == NOW - HOUR


def test_a_difference_within_its_error_is_taken_for_none() -> None:
    world = World(9 * MS, there=10 * MS, back=10 * MS)
    assert world.camera.captured(NOW - HOUR) == NOW - HOUR


def test_a_frame_from_the_future_was_taken_now() -> None:
    assert CameraClock("door", TwoClocks()).captured(NOW + 1) == NOW
    assert World(HOUR).age_of(-1) == 0


def test_a_camera_that_does_not_know_the_time_gets_ours() -> None:
    assert CameraClock("door", TwoClocks()).captured(0) == NOW


@pytest.mark.parametrize("reading", [-(2**63), 0, 2**63 - 1])
@pytest.mark.parametrize("captured", [-(2**63), 1, 2**63 - 1])
@pytest.mark.parametrize("stepped", [-(2**63), 2**63 - 1])
def test_nonsense_stays_within_the_times_that_there_were(
    reading: int, captured: int, stepped: int
) -> None:
    clock = TwoClocks()
    camera = CameraClock("door", clock)
    camera.read(reading, 0, stepped)
    clock.run(round(QUERY_SECONDS * SECOND))
    camera.read(-reading // 2, asked(camera) or 0, stepped)
    assert 0 <= camera.captured(captured) <= clock.now


@pytest.mark.parametrize("step", [-5 * SECOND, HOUR, NOW - IN_1970, 200 * MS])
def test_a_step_is_found_counted_and_told_once(step: int) -> None:
    with capture_logs() as logs:
        world = World(HOUR)
        world.measure()
        world.behind -= step
        world.measure()
        assert world.age_of(7 * MS) == 7 * MS
        world.measure()
        world.measure(there=300 * MS)
    ((by_ms, found_by),) = steps_in(logs)
    assert by_ms == pytest.approx(step / MS, abs=1)
    assert found_by == "ingest"
    assert world.steps == 1


def test_a_step_that_the_camera_tells_of_is_told_once_and_moves_no_frame() -> None:
    with capture_logs() as logs:
        world = World(HOUR)
        world.measure(stepped=-5 * SECOND)
        world.measure()
    assert steps_in(logs) == [(-5000.0, "camera")]
    assert world.steps == 1
    assert world.age_of(7 * MS) == 7 * MS


def test_a_step_of_our_own_clock_is_not_that_of_the_camera() -> None:
    with capture_logs() as logs:
        world = World(HOUR)
        world.clock.now += 5 * SECOND
        world.behind += 5 * SECOND
        world.measure()
    assert world.age_of(7 * MS) == 7 * MS
    assert (steps_in(logs), world.steps) == ([], 0)
    (said,) = [entry for entry in logs if entry["event"] == "clock of this ingest was set"]
    assert said["by_ms"] == pytest.approx(5000, abs=1)


def test_a_drift_is_followed_and_is_no_step() -> None:
    world = World()
    for _ in range(1000):
        world.behind += round(QUERY_SECONDS * 100_000)
        world.measure()
    assert world.steps == 0
    assert abs(world.age_of(HOUR) - HOUR) < 3 * MS


def test_a_reading_that_is_less_certain_changes_nothing() -> None:
    world = World(HOUR)
    world.measure(there=400 * MS, back=0)
    assert world.age_of(7 * MS) == 7 * MS
    assert world.steps == 0


def test_nothing_is_asked_before_it_is_time_or_while_an_answer_is_awaited() -> None:
    world = World()
    assert world.camera.next_query() is None
    world.clock.run(round(QUERY_SECONDS * SECOND))
    assert asked(world.camera, QUERY_ANSWERS - 1) == 1
    assert world.camera.next_query() is None
    world.clock.run(round(QUERY_SECONDS * SECOND))
    assert asked(world.camera) is None
    # A camera that does not know queries gets one now and then.
    world.clock.run(round(ANSWER_SECONDS * SECOND))
    assert world.camera.next_query() == 2


def test_a_camera_that_sends_now_and_then_is_asked_now_and_then() -> None:
    world = World()
    queries = []
    for _ in range(20):
        world.clock.run(round(QUERY_SECONDS * SECOND))
        if query := world.camera.next_query():
            world.answer(query)
            queries.append(query)
    assert queries == [1, 2, 3], "100 s, of which ANSWER_SECONDS between two"


def test_an_answer_that_comes_too_late_changes_nothing() -> None:
    world = World(HOUR)
    for _ in range(2):
        world.clock.run(round(ANSWER_SECONDS * SECOND))
        assert world.camera.next_query()
    world.camera.read(NOW, 1)
    assert world.age_of(7 * MS) == 7 * MS
    world.answer(2)
    assert world.steps == 0


@pytest.mark.parametrize("query", [1, 2**64 - 1])
def test_an_answer_to_no_query_is_refused(query: int) -> None:
    with pytest.raises(SessionProtocolViolation, match="one for each query"):
        World().camera.read(NOW, query)


def test_readings_without_end_are_refused() -> None:
    world = World()
    with pytest.raises(SessionProtocolViolation, match="one for each query"):
        world.camera.read(NOW)


def test_the_difference_is_logged_once_with_its_error() -> None:
    with capture_logs() as logs:
        World(HOUR).age_of(0)
    assert logs == [
        {
            "event": "camera clock is known",
            "log_level": "info",
            "camera": "door",
            "offset_ms": pytest.approx(HOUR / MS),
            "error_ms": pytest.approx(1.0, abs=0.01),
            "corrected": True,
        }
    ]


def test_a_long_round_trip_is_a_warning() -> None:
    with capture_logs() as logs:
        World(there=LARGE_ERROR_NANO, back=LARGE_ERROR_NANO + 2)
    (entry,) = logs
    assert entry["log_level"] == "warning"
    assert entry["error_ms"] > 250
