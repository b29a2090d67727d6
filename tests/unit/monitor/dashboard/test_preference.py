from framemesh.core.outcome import Fate
from framemesh.monitor.dashboard.pictures.preference import DoneFirst
from tests.hand_clock import HandClock


def test_frames_that_are_not_done_are_shown_where_none_was_done() -> None:
    assert DoneFirst(HandClock()).is_shown(Fate.SUPERSEDED)


def test_a_frame_that_is_done_hides_for_a_while_those_that_are_not() -> None:
    clock = HandClock()
    preference = DoneFirst(clock)
    assert preference.is_shown(Fate.DONE)
    clock.seconds += 1.9
    assert not preference.is_shown(Fate.SUPERSEDED)
    assert preference.is_shown(Fate.DONE)
    clock.seconds += 2.1
    assert preference.is_shown(Fate.EXPIRED)
