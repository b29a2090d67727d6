"""A frame that is worked on again gives the same, and memory is bounded."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framemesh.core.frame import FrameId
from framemesh.vision.operators.remembered import LEFT_SESSIONS, Remembered, Work


@dataclass(frozen=True)
class Seen:
    """A state: the frames that led to it."""

    frames: tuple[FrameId, ...] = ()
    size: int = 10

    @property
    def nbytes(self) -> int:
        return self.size


Answer = tuple[tuple[FrameId, ...], bool]
"""What a frame was answered from, and whether it was late."""


def work(frame: FrameId, size: int = 10) -> Work[Seen, Answer]:
    def after(state: Seen, late: bool) -> tuple[Seen, Answer]:
        return Seen((*state.frames, frame), size), (state.frames, late)

    return after


def frame(sequence: int, session: str = "s", camera: str = "gate") -> FrameId:
    return FrameId(camera, session, sequence)


def answer(states: Remembered[Seen], each: FrameId, size: int = 10) -> Answer:
    return states.answer(each, work(each, size))


def test_each_frame_is_answered_from_those_before() -> None:
    states = Remembered(Seen())
    assert [answer(states, frame(n)) for n in (1, 2, 5)] == [
        ((), False),
        ((frame(1),), False),
        ((frame(1), frame(2)), False),
    ]


def test_the_newest_frame_gives_the_same_however_often_it_comes() -> None:
    states = Remembered(Seen())
    answer(states, frame(1))
    first = answer(states, frame(2))
    assert [answer(states, frame(2)) for _ in range(3)] == [first] * 3
    assert answer(states, frame(3)) == ((frame(1), frame(2)), False)


def test_an_older_frame_is_late_and_changes_nothing() -> None:
    states = Remembered(Seen())
    for n in (1, 3, 4):
        answer(states, frame(n))
    assert answer(states, frame(2)) == ((frame(1), frame(3)), True)
    assert answer(states, frame(4)) == ((frame(1), frame(3)), False)
    assert answer(states, frame(5)) == ((frame(1), frame(3), frame(4)), False)


def test_a_new_session_goes_on_and_one_that_was_left_is_late() -> None:
    states = Remembered(Seen())
    answer(states, frame(900, "one"))
    assert answer(states, frame(1, "two")) == ((frame(900, "one"),), False)
    assert answer(states, frame(901, "one")) == ((frame(900, "one"),), True)
    assert answer(states, frame(2, "two"))[0] == (frame(900, "one"), frame(1, "two"))


def test_the_last_sessions_are_known() -> None:
    states = Remembered(Seen())
    for n in range(LEFT_SESSIONS + 2):
        answer(states, frame(1, str(n)))
    assert answer(states, frame(2, "1"))[1]
    assert not answer(states, frame(2, "0"))[1]


def test_cameras_do_not_see_one_another() -> None:
    states = Remembered(Seen())
    answer(states, frame(1))
    assert answer(states, frame(5, camera="yard")) == ((), False)
    assert answer(states, frame(2)) == ((frame(1),), False)
    states.forget("gate")
    states.forget("gate")
    assert answer(states, frame(3)) == ((), False)


def test_work_that_fails_changes_nothing() -> None:
    def fails(state: Seen, late: bool) -> tuple[Seen, Answer]:
        raise ValueError(state, late)

    states = Remembered(Seen())
    answer(states, frame(1))
    for each in (frame(1), frame(2), frame(1, camera="yard")):
        with pytest.raises(ValueError, match="frames"):
            states.answer(each, fails)
    assert answer(states, frame(2)) == ((frame(1),), False)
    assert answer(states, frame(1, camera="yard")) == ((), False)


def test_beyond_the_bound_the_camera_used_longest_ago_begins_anew() -> None:
    states = Remembered(Seen(), max_cameras=2)
    answer(states, frame(1, camera="a"))
    answer(states, frame(1, camera="b"))
    answer(states, frame(1, camera="a"))
    answer(states, frame(1, camera="c"))
    assert states.cameras == 2
    assert answer(states, frame(2, camera="a")) == ((frame(1, camera="a"),), False)
    assert answer(states, frame(2, camera="b")) == ((), False)


def test_a_state_larger_than_the_bound_is_not_kept() -> None:
    states = Remembered(Seen(size=0), max_bytes=100)
    answer(states, frame(1, camera="a"))
    answer(states, frame(1), size=101)
    assert (states.cameras, states.nbytes) == (0, 0)


@given(
    st.lists(st.tuples(st.sampled_from("abcd"), st.integers(1, 4), st.integers(0, 60)), max_size=30)
)
def test_states_are_never_more_than_may_be(frames: list[tuple[str, int, int]]) -> None:
    states = Remembered(Seen(size=0), max_cameras=3, max_bytes=100)
    for camera, sequence, size in frames:
        answer(states, frame(sequence, camera=camera), size)
        kept = states._newest.values()
        assert states.nbytes == sum(each.before.size + each.after.size for each in kept) <= 100
        assert states.cameras <= 3
