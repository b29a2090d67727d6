"""The headers of messages on the wire: those of nats-py, in less time."""

from hypothesis import given
from hypothesis import strategies as st
from nats.aio.client import Client

from framemesh.runtime.jetstream.connection.headers import header_block, read_header_lines

NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,20}", fullmatch=True)
VALUES = st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF), min_size=1, max_size=40)
BEGIN = len(b"NATS/1.0\r\n")


@given(st.dictionaries(NAMES, VALUES, max_size=6))
def test_what_is_written_is_read(headers: dict[str, str]) -> None:
    written = {name: value.strip() for name, value in headers.items()}
    assert read_header_lines(header_block(headers)[BEGIN:]) == written


@given(st.binary(max_size=80))
def test_what_nats_py_leaves_out_is_left_out(raw: bytes) -> None:
    expected = Client._parse_header_lines(raw)
    found = read_header_lines(raw)
    ordinary = {name for name in found if name.isprintable()}
    assert {name: found[name] for name in ordinary} == {name: expected[name] for name in ordinary}


def test_no_value_ends_its_line() -> None:
    block = header_block({"A": "one\r\nB: two"})
    assert read_header_lines(block[BEGIN:]) == {"A": "one  B: two"}
    assert read_header_lines(b"A:x\r\n B :\ty \r\nno header\r\nC D: z\r\n\r\n") == {
        "A": "x",
        "B": "y",
    }
