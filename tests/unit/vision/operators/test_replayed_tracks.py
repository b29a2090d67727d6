"""Tracks of cameras whose frames come again: from the ids of frames to those of boxes."""

from datetime import timedelta

from framemesh.core.frame import FrameId
from framemesh.core.pipeline.operators import TrackSpec
from framemesh.vision.operators.remembered import Remembered
from framemesh.vision.operators.track_state import NO_TRACKS, TrackState
from framemesh.vision.operators.tracking import advance
from tests.unit.vision.operators.identities import WIDE, agreement, followed
from tests.unit.vision.operators.scenes import Film, Thing, filmed, steady

SPEC = TrackSpec(max_gap=timedelta(seconds=2))
THINGS = [Thing((0.2, 0.5), (0.1, 0)), Thing((0.8, 0.52), (-0.1, 0)), Thing((0.5, 0.9), (0, -0.1))]


def identified(states: Remembered[TrackState], film: Film, sequence: int) -> list[int]:
    def work(state: TrackState, late: bool) -> tuple[TrackState, list[int]]:
        after, ids = advance(
            state,
            film.boxes,
            film.scores,
            film.labels,
            film.seconds,
            spec=SPEC,
            aspect=WIDE,
            late=late,
        )
        return after, ids.tolist()

    return states.answer(FrameId("gate", "s", sequence), work)


def test_frames_that_come_again_have_the_same_identities_and_disturb_no_others() -> None:
    films = list(filmed(THINGS, steady(10, 3), missed=0.1))
    straight = [ids.tolist() for _, ids in followed(films, SPEC)]
    states = Remembered(NO_TRACKS)
    for n, film in enumerate(films):
        assert identified(states, film, n) == straight[n]
        assert identified(states, film, n) == straight[n]
        if n % 4 == 2:
            late = identified(states, films[n - 2], n - 2)
            assert set(late) <= {0, *straight[n - 2]}
            assert identified(states, film, n) == straight[n]


def test_a_worker_that_takes_over_repeats_no_identity() -> None:
    films = list(filmed(THINGS, steady(10, 4)))
    first, second = followed(films[:20], SPEC), followed(films[20:], SPEC)
    assert agreement(first).ids == agreement(second).ids == 3
    assert agreement([*first, *second]).ids == 6
    assert agreement([*first, *second]).switches == 3


def test_a_thousand_cameras_with_sixty_things_each_have_room() -> None:
    things = [Thing((n % 10 / 10, n // 10 / 6), (0, 0), (0.02, 0.02)) for n in range(60)]
    (film,) = filmed(things, [0.0])
    state, _ = advance(
        NO_TRACKS, film.boxes, film.scores, film.labels, film.seconds, spec=SPEC, aspect=WIDE
    )
    full = Remembered(NO_TRACKS)
    for n in range(1000):
        full.answer(FrameId(f"camera{n}", "s", 1), lambda *_: (state, None))
        full.answer(FrameId(f"camera{n}", "s", 2), lambda *_: (state, None))
    assert full.cameras == 1000
    assert len(state.ids) == 60
