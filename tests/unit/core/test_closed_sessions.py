import pytest

from framemesh.core.ledger.closed_sessions import ClosedSessions, ClosedState
from framemesh.core.ledger.session_frames import FrameStatus, SessionFrames

RUNS = ((1, 5), (8, 9))


def complete() -> SessionFrames:
    return SessionFrames(RUNS, RUNS)


def incomplete() -> SessionFrames:
    return SessionFrames(RUNS, ((1, 4),))


def is_known(closed: ClosedSessions, camera: str, session: str) -> bool:
    return closed.frame_status(camera, session, 1) is not FrameStatus.UNKNOWN


def test_the_frames_of_a_session_come_back_once() -> None:
    closed = ClosedSessions()
    closed.add("north", "s", complete())
    completed = [n for n in range(12) if closed.frame_status("north", "s", n).value == "completed"]
    assert completed == [1, 2, 3, 4, 5, 8, 9]
    assert closed.take("north", "s").known.runs == RUNS
    assert closed.take("north", "s").known.runs == ()


def test_pending_frames_of_a_closed_session_are_counted_until_it_comes_back() -> None:
    closed = ClosedSessions()
    closed.add("north", "s", incomplete())
    assert closed.pending == 3
    assert closed.frame_status("north", "s", 5) is FrameStatus.PENDING
    assert closed.frame_status("north", "s", 4) is FrameStatus.COMPLETED
    assert closed.take("north", "s").completed.runs == ((1, 4),)
    assert closed.pending == 0


def test_sessions_of_one_name_are_told_apart_by_their_cameras() -> None:
    closed = ClosedSessions()
    closed.add("north", "s", complete())
    assert closed.take("south", "s").known.runs == ()


def test_the_session_that_ended_first_is_the_first_to_be_forgotten() -> None:
    closed = ClosedSessions(limit=3, incomplete_limit=2)
    for number in range(5):
        closed.add("north", str(number), complete())
        closed.add("south", str(number), incomplete())
    assert [is_known(closed, "north", str(n)) for n in range(5)] == [False] * 2 + [True] * 3
    assert [is_known(closed, "south", str(n)) for n in range(5)] == [False] * 3 + [True] * 2
    # They stay pending: what became of them can no longer be told.
    assert closed.pending == 15


def test_it_is_made_of_its_state() -> None:
    closed = ClosedSessions()
    closed.add("north", "s", complete())
    closed.add("south", "s", SessionFrames())
    closed.add("west", "s", incomplete())
    assert ClosedSessions(closed.state).state == closed.state
    with pytest.raises(ValueError, match="shorter"):
        ClosedSessions(ClosedState((1, 2), (b"",)))
