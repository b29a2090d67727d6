"""What a frame brings along for its trace."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framemesh.core.tracing.origin import Origin

NANO = st.integers(0, 2**63)


@given(st.builds(Origin, NANO, NANO, st.integers(0, 2**64 - 1)))
def test_what_is_written_is_read(origin: Origin) -> None:
    assert Origin.parse(str(origin)) == origin


@pytest.mark.parametrize("text", ["", "1", "1 2 3 4", "1 -2", "now then", "1  2"])
def test_of_anything_else_nothing_is_known(text: str) -> None:
    assert Origin.parse(text) == Origin()
