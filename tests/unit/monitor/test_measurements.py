"""What the monitor makes of successive looks at a pipeline."""

import pytest

from framemesh.core.ledger.camera_ledger import Account
from framemesh.monitor.measurements.backlog_growth import MAX_SAMPLES, BacklogGrowth
from framemesh.monitor.measurements.camera_silence import CameraSilence
from framemesh.monitor.measurements.pipeline_figures import PipelineFigures


def test_the_growth_of_a_backlog_is_not_known_before_the_second_look() -> None:
    growth = BacklogGrowth()
    growth.add(0.0, 100)
    assert growth.per_second is None
    growth.add(10.0, 150)
    assert growth.per_second == pytest.approx(5)


def test_what_was_before_the_last_half_minute_counts_no_more() -> None:
    growth = BacklogGrowth()
    for second in range(0, 300, 5):
        growth.add(second, 10 * second)
    for second in range(300, 340, 5):
        growth.add(second, 3000 - 20 * (second - 300))
    assert growth.per_second == pytest.approx(-20)


def test_looks_that_are_far_apart_tell_a_growth_and_many_are_bounded() -> None:
    growth = BacklogGrowth()
    for minute in range(10):
        growth.add(60.0 * minute, 600 * minute)
    assert growth.per_second == pytest.approx(10)
    for number in range(10 * MAX_SAMPLES):
        growth.add(600 + number / 1000, 0)
    assert len(growth._samples) <= MAX_SAMPLES


def test_a_camera_is_silent_since_its_count_last_changed() -> None:
    silence = CameraSilence(10)
    silence.looked(0.0, {"east": Account(accepted=1), "west": Account(rejected=1)})
    silence.looked(5.0, {"east": Account(accepted=2), "west": Account(rejected=1)})
    assert silence.seconds(8.0) == {"east": 3.0, "west": 8.0}
    silence.looked(9.0, {"west": Account(rejected=1, accepted=1)})
    assert silence.seconds(9.0) == {"west": 0.0}


def test_only_so_many_cameras_are_told_apart() -> None:
    silence = CameraSilence(2)
    silence.looked(0.0, {name: Account() for name in ("c", "a", "b")})
    assert set(silence.seconds(1.0)) == {"a", "b"}
    none = CameraSilence(0)
    none.looked(0.0, {"a": Account()})
    assert none.seconds(1.0) == {}


@pytest.mark.parametrize(("pending", "backlog", "missing"), [(5, 3, 2), (3, 5, 0), (3, None, None)])
def test_pending_frames_that_are_not_in_the_buffer_are_missing(
    pending: int, backlog: int | None, missing: int | None
) -> None:
    assert PipelineFigures(Account(accepted=pending), backlog=backlog).missing == missing
