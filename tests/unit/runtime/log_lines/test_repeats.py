"""What comes again and again is written a few times, and then counted."""

from collections.abc import Callable
from typing import Any

import pytest

from framemesh.runtime.log_lines.repeats import BURST, MAX_KINDS, WINDOW_SECONDS, RepeatLimit
from tests.hand_clock import HandClock


class Scene:
    """A limit, and what it told."""

    def __init__(self) -> None:
        self.clock = HandClock()
        self.told: list[dict[str, Any]] = []
        self.calls: list[tuple[float, Callable[[], None]]] = []
        self.limit = RepeatLimit(self.clock, self.told.append, self._call_later)

    def log(self, event: str, times: int = 1, **facts: object) -> int:
        """How many of so many are written."""
        return sum(self.limit.admits({"event": event, **facts}) for _ in range(times))

    def wait(self, seconds: float) -> None:
        """Let time pass, and what was to be called by then be called."""
        self.clock.seconds += seconds
        due = [call for at, call in self.calls if at <= self.clock.seconds]
        self.calls = [each for each in self.calls if each[0] > self.clock.seconds]
        for call in due:
            call()

    def _call_later(self, seconds: float, call: Callable[[], None]) -> None:
        self.calls.append((self.clock.seconds + seconds, call))


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_the_first_are_written_and_the_rest_told_as_one(scene: Scene) -> None:
    assert scene.log("frame is dead", BURST + 312, frame="door/s/9") == BURST
    assert not scene.told
    scene.wait(WINDOW_SECONDS)
    assert [each["event"] for each in scene.told] == ["… 312 times more in 60 s: frame is dead"]
    assert (scene.told[0]["repeated"], scene.told[0]["frame"]) == (312, "door/s/9")


def test_they_are_told_though_nothing_is_logged_any_more(scene: Scene) -> None:
    scene.log("one", BURST + 1)
    scene.wait(WINDOW_SECONDS / 2)
    scene.log("other", BURST + 2)
    scene.wait(WINDOW_SECONDS / 2)
    scene.wait(WINDOW_SECONDS / 2)
    assert [each["repeated"] for each in scene.told] == [1, 2]
    assert not scene.calls


def test_after_a_window_events_are_written_again(scene: Scene) -> None:
    scene.log("one", BURST + 1)
    scene.wait(WINDOW_SECONDS)
    assert scene.log("one", BURST) == BURST


def test_a_flood_of_one_pipeline_hides_nothing_of_another(scene: Scene) -> None:
    scene.log("frame is dead", BURST + 1, pipeline="street")
    assert scene.log("frame is dead", pipeline="yard") == 1


def test_frames_and_reasons_make_no_new_kind(scene: Scene) -> None:
    for number in range(2 * BURST):
        scene.log("frame is dead", frame=f"door/s/{number}", why=f"after {number} ms")
    scene.wait(WINDOW_SECONDS)
    assert scene.told[0]["repeated"] == BURST


def test_few_events_are_never_told_again(scene: Scene) -> None:
    scene.log("one", BURST)
    scene.wait(WINDOW_SECONDS)
    scene.limit.flush()
    assert (scene.told, scene.calls) == ([], [])


def test_the_end_of_the_process_tells_what_was_counted(scene: Scene) -> None:
    scene.log("one", BURST + 5)
    scene.wait(3)
    scene.limit.flush()
    assert scene.told[0]["event"] == "… 5 times more in 3 s: one"


def test_of_more_kinds_than_are_counted_the_oldest_is_told_early(scene: Scene) -> None:
    scene.log("first", BURST + 3)
    for number in range(MAX_KINDS):
        scene.log(f"event {number}")
    assert [each["repeated"] for each in scene.told] == [3]


def test_an_exception_is_not_kept(scene: Scene) -> None:
    scene.log("fault", BURST + 1, exc_info=ValueError())
    scene.limit.flush()
    assert "exc_info" not in scene.told[0]
