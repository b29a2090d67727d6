"""How many frames one answer holds."""

import pytest

from framemesh.core.frame import FrameId
from framemesh.monitor.lookup.frames import (
    MAX_ANSWER_BYTES,
    FrameRecord,
    FrameState,
    first_that_fit,
)


@pytest.mark.parametrize(
    ("sizes", "kept"),
    [
        ([], 0),
        ([450] * 100, 32),
        ([MAX_ANSWER_BYTES // 4] * 10, 4),
        ([MAX_ANSWER_BYTES + 1, 1], 1),
        ([0, 0, MAX_ANSWER_BYTES, 1], 3),
    ],
)
def test_an_answer_holds_as_many_outcomes_as_fit_and_one_at_least(
    sizes: list[int], kept: int
) -> None:
    records = [
        FrameRecord(FrameId("door", str(at), 1), FrameState.COMPLETED, stored_bytes=size)
        for at, size in enumerate(sizes)
    ]
    assert first_that_fit(records) == tuple(records[:kept])
