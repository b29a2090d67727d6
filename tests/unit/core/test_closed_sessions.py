import pytest

from framemesh.core.ledger.closed_sessions import ClosedSessions, ClosedState

FRAMES = ((1, 5), (8, 9))


def test_the_frames_of_a_session_come_back_once() -> None:
    closed = ClosedSessions()
    closed.add("north", "s", FRAMES)
    assert [n for n in range(12) if closed.has("north", "s", n)] == [1, 2, 3, 4, 5, 8, 9]
    assert closed.take("north", "s") == FRAMES
    assert closed.take("north", "s") == ()


def test_sessions_of_one_name_are_told_apart_by_their_cameras() -> None:
    closed = ClosedSessions()
    closed.add("north", "s", FRAMES)
    assert closed.take("south", "s") == ()


def test_the_session_that_ended_first_is_the_first_to_be_forgotten() -> None:
    closed = ClosedSessions(limit=3)
    for number in range(5):
        closed.add("north", str(number), FRAMES)
    assert [closed.has("north", str(number), 1) for number in range(5)] == [False] * 2 + [True] * 3
    assert len(closed.state.frames) == 3


def test_it_is_made_of_its_state() -> None:
    closed = ClosedSessions()
    closed.add("north", "s", FRAMES)
    closed.add("south", "s", ())
    assert ClosedSessions.of(closed.state).state == closed.state
    with pytest.raises(ValueError, match="shorter"):
        ClosedSessions.of(ClosedState((1, 2), (b"",)))
