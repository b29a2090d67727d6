"""How many processes an ingest has where nobody said."""

import pytest

from framemesh.ingest.processes.count import process_count


@pytest.mark.parametrize(
    ("cpus", "processes"), [(1, 1), (2, 1), (3, 1), (4, 2), (8, 3), (16, 5), (128, 8)]
)
def test_small_machines_have_one_and_large_ones_some(cpus: int, processes: int) -> None:
    assert process_count(0, cpus) == processes


def test_what_is_set_counts() -> None:
    assert process_count(1, 128) == 1
    assert process_count(20, 2) == 20
