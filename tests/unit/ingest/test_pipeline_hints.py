"""The share of each camera in what a pipeline can take."""

from contextlib import ExitStack

import pytest

from framemesh.ingest.hints.hint import NO_HINT, Hint
from framemesh.ingest.hints.pipeline_hints import BufferLook, PipelineHints, SessionHints


class World:
    """Cameras that send at their rates, heed what they are told, and workers that do some."""

    def __init__(self, worked_off: float, *rates: float) -> None:
        self.hints = PipelineHints()
        self.rates = rates
        self.worked_off = worked_off
        self.arrived = self.now = self.backlog = 0.0
        self.open = ExitStack()
        self.cameras = [self.open.enter_context(self.hints.session()) for _ in rates]
        self.left = [0.0] * len(rates)

    def run(self, looks: int) -> None:
        for _ in range(looks):
            for number, (camera, rate) in enumerate(zip(self.cameras, self.rates, strict=True)):
                cap = camera.told.frames_per_second
                self.left[number] += 2.0 * min(rate, rate if cap is None else cap)
                frames = int(self.left[number])
                self.left[number] -= frames
                camera.frames += frames
                self.arrived += frames
                self.backlog += frames
            self.backlog -= min(self.backlog, 2.0 * self.worked_off)
            self.now += 2.0
            self.hints.look(BufferLook(self.now, int(self.arrived), round(self.backlog), 0.1))
            for camera in self.cameras:
                camera.next()


def cap_of(camera: SessionHints) -> float:
    return camera.told.frames_per_second or 0.0


def test_the_largest_are_asked_for_less_and_the_backlog_stays_small() -> None:
    world = World(40.0, 5.0, 30.0, 30.0)
    world.run(10)
    assert cap_of(world.cameras[1]) == cap_of(world.cameras[2]) > 5
    assert cap_of(world.cameras[0]) in {0.0, cap_of(world.cameras[1])}
    begun, most = world.arrived, 0.0
    for _ in range(100):
        world.run(1)
        most = max(most, world.backlog)
    assert most < 6 * 40, "cameras that may send more show that it is too much again"
    assert (world.arrived - begun) / 200 > 0.6 * 40, "most of what is worked off is used"


def test_what_keeps_up_is_told_nothing() -> None:
    world = World(100.0, 5.0, 30.0, 30.0)
    world.run(20)
    assert [camera.told for camera in world.cameras] == [NO_HINT] * 3


def test_a_hint_is_told_again_only_where_it_changed() -> None:
    camera = SessionHints()
    told = []
    for wanted in (
        Hint(10.0),
        Hint(10.9),
        Hint(11.2),
        Hint(11.2, 0.75),
        NO_HINT,
        NO_HINT,
    ):
        camera.wanted = wanted
        told.append(camera.next())
    assert told == [Hint(10.0), None, Hint(11.2), Hint(11.2, 0.75), NO_HINT, None]


@pytest.mark.parametrize(("wanted", "told"), [(None, 5.0), (3.0, 3.0), (50.0, 5.0)])
def test_a_camera_over_its_limit_is_told_that_limit(wanted: float | None, told: float) -> None:
    camera = SessionHints(wanted=Hint(wanted))
    assert camera.next(5.0) == Hint(told)


def test_a_buffer_that_was_made_anew_is_no_negative_rate() -> None:
    world = World(40.0, 30.0)
    world.run(3)
    world.hints.look(BufferLook(world.now + 2, 1, 0, 0.0))
    assert world.hints.allowance.frames_per_second is None
