"""Shares as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from framemesh.core.documents.share import Share, share_text

SHARE = TypeAdapter[float](Share)


@pytest.mark.parametrize(
    ("written", "share"), [("10%", 0.1), ("0.5 %", 0.005), ("100%", 1.0), (0.25, 0.25), (0, 0.0)]
)
def test_a_percentage_or_a_number_is_read(written: object, share: float) -> None:
    assert SHARE.validate_python(written) == pytest.approx(share)


@pytest.mark.parametrize("written", ["10", "ten%", "-1%", "101%", 1.5, -0.1, True])
def test_anything_else_is_refused(written: object) -> None:
    with pytest.raises(ValidationError):
        SHARE.validate_python(written)


@given(st.integers(0, 10_000))
def test_what_is_written_is_read_again(hundredths: int) -> None:
    share = hundredths / 10_000
    assert SHARE.validate_python(share_text(share)) == pytest.approx(share)
