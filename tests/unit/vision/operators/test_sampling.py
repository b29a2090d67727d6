"""One frame of several goes on."""

import pytest

from framemesh.core.frame import FrameId
from framemesh.core.pipeline.operators import SampleSpec
from framemesh.vision.operators.sampling import sampled


@pytest.mark.parametrize(
    ("every", "going"), [(1, [1, 2, 3, 4, 5, 6, 7]), (3, [1, 4, 7]), (100, [1])]
)
def test_the_first_frame_of_a_session_goes_on_and_each_nth_after_it(
    every: int, going: list[int]
) -> None:
    frames = [FrameId("gate", "s", sequence) for sequence in range(1, 8)]
    assert [each.sequence for each in frames if sampled(each, SampleSpec(every))] == going
