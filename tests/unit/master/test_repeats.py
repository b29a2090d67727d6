"""Equal events that come again and again are told as one."""

from datetime import UTC, datetime

import pytest

from framemesh.master.history import repeats
from framemesh.master.history.events import Event, EventKind
from framemesh.master.history.repeats import FIRST_WINDOW_SECONDS, Repeats

DAY_SECONDS = 24 * 3600


def failed(second: float, message: str = "street-r1-0: it ended") -> Event:
    at = datetime.fromtimestamp(second, UTC)
    return Event(at, "street", EventKind.WORKER_FAILED, message)


def test_the_first_is_told_at_once_and_the_others_with_their_number() -> None:
    found = Repeats()
    assert [found.first(failed(second), second) for second in range(4)] == [True] + [False] * 3
    assert [*found.due(FIRST_WINDOW_SECONDS - 1)] == []
    (told,) = found.due(FIRST_WINDOW_SECONDS)
    assert told.times == 3
    assert told.at == failed(3).at


def test_what_ended_is_told_at_once_when_it_comes_again() -> None:
    found = Repeats()
    found.first(failed(0), 0)
    assert [*found.due(FIRST_WINDOW_SECONDS)] == []
    assert found.first(failed(100), 100)


def test_what_goes_on_for_a_day_is_some_thirty_entries_that_count_all() -> None:
    found, told = Repeats(), []
    for second in range(DAY_SECONDS):
        if found.first(failed(second), second):
            told.append(failed(second))
        told += found.due(second)
    assert len(told) < 35
    assert sum(event.times for event in told) > DAY_SECONDS - 3600


def test_other_messages_and_pipelines_are_other_events() -> None:
    found = Repeats()
    assert found.first(failed(0), 0)
    assert found.first(failed(0, "street-r1-1: it ended"), 0)
    found.forget("yard")
    assert not found.first(failed(1), 1)
    found.forget("street")
    assert found.first(failed(1), 1)


def test_no_more_than_a_bound_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeats, "MAX_KEPT", 2)
    found = Repeats()
    for message in "abc":
        assert found.first(failed(0, message), 0)
    assert found.first(failed(1, "a"), 1)
    assert not found.first(failed(1, "c"), 1)
