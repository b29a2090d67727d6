"""Frames as bytes on disk, as docs/spool.md has them."""

import re
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framemesh.sdk.session.offered_frame import OfferedFrame
from framemesh.sdk.spool.record import STATE_OFFSET, State, decode, encode, record_size

PAGE = Path(__file__).parents[3] / "docs" / "spool.md"
IMAGE = b"\xff\xd8\xff\xd9"
FRAME = OfferedFrame(
    7,
    1_700_000_000_123_456_789,
    IMAGE,
    zlib.crc32(IMAGE),
    headers={"lane": "3"},
    sent_unix_nano=1_700_000_000_223_456_789,
)

names = st.text("abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=20)
times = st.integers(-(2**63), 2**63 - 1)


def record(frame: OfferedFrame, state: State = State.WAITING) -> bytes:
    return b"".join(encode(frame, state))


def test_a_record_is_as_the_page_says() -> None:
    dumps = re.findall(r"^(?:[0-9a-f]{2} ?)+$", PAGE.read_text(), re.MULTILINE)
    assert record(FRAME, State.SENT) == bytes.fromhex("".join(dumps))


@given(
    sequence=st.integers(1, 2**63),
    captured=times,
    sent=times,
    image=st.binary(max_size=50),
    headers=st.dictionaries(names, names, max_size=5),
    state=st.sampled_from(State),
)
def test_a_frame_comes_back_as_it_was(  # noqa: PLR0917  a record has as many fields
    sequence: int, captured: int, sent: int, image: bytes, headers: dict[str, str], state: State
) -> None:
    frame = OfferedFrame(
        sequence, captured, image, zlib.crc32(image), headers=headers, sent_unix_nano=sent
    )
    data = record(frame, state)
    assert len(data) == record_size(len(image), headers)
    head = decode(data)
    assert head is not None
    assert head.state is state
    assert head.size == len(data)
    assert head.frame(data[head.image_offset :]) == frame


def test_a_frame_that_is_withheld_keeps_its_size() -> None:
    head = decode(record(FRAME.within(2)))
    assert head is not None
    assert (head.withheld_bytes, head.image_length, head.image_crc32) == (4, 0, 0)


@pytest.mark.parametrize("at", [n for n in range(len(record(FRAME)) - len(IMAGE)) if n != 4])
@pytest.mark.parametrize("bit", [0, 7])
def test_any_other_bit_than_the_state_is_noticed(at: int, bit: int) -> None:
    data = bytearray(record(FRAME))
    data[at] ^= 1 << bit
    assert decode(bytes(data)) is None


def test_a_state_that_nobody_knows_is_no_record() -> None:
    data = bytearray(record(FRAME))
    data[STATE_OFFSET] = 4
    assert decode(bytes(data)) is None


@given(st.binary(max_size=200))
def test_anything_else_is_no_record(data: bytes) -> None:
    decode(data)
    decode(b"FMR1\0\0" + data)
