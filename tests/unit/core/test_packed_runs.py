import pytest
from hypothesis import given
from hypothesis import strategies as st

from framemesh.core.ledger.packed_runs import pack, unpack


@given(st.lists(st.integers(0, 2**63), max_size=20))
def test_what_is_packed_comes_out_again(numbers: list[int]) -> None:
    ascending = sorted(numbers)
    runs = tuple(zip(ascending[::2], ascending[1::2], strict=False))
    assert unpack(pack(runs)) == runs


def test_a_session_that_went_in_order_takes_three_bytes() -> None:
    assert len(pack([(1, 10_000)])) == 3
    assert pack([]) == b""


@pytest.mark.parametrize("packed", [b"\x01", b"\x01\x80", b"\x80"])
def test_what_was_cut_off_is_refused(packed: bytes) -> None:
    with pytest.raises(ValueError, match=r"has no length|is cut off"):
        unpack(packed)
