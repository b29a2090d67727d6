"""A trace's context as W3C Trace Context writes it: https://www.w3.org/TR/trace-context."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framemesh.core.tracing.trace_context import TraceContext, context_in, without_context

TEXT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
CONTEXT = TraceContext(0x0AF7651916CD43DD8448EB211C80319C, 0xB7AD6B7169203331)


def test_the_example_of_the_standard_is_read_and_written() -> None:
    assert TraceContext.parse(TEXT) == CONTEXT
    assert str(CONTEXT) == TEXT


@given(
    st.builds(
        TraceContext,
        st.integers(1, 2**128 - 1),
        st.integers(1, 2**64 - 1),
        st.booleans(),
    )
)
def test_what_is_written_is_read(context: TraceContext) -> None:
    assert TraceContext.parse(str(context)) == context


@pytest.mark.parametrize(
    "text",
    [
        "",
        "00",
        TEXT.upper(),
        TEXT[:-1],
        f"ff{TEXT[2:]}",
        f"00-{'0' * 32}-b7ad6b7169203331-01",
        f"00-0af7651916cd43dd8448eb211c80319c-{'0' * 16}-01",
        f"{TEXT}x",
    ],
)
def test_what_is_no_context_is_ignored(text: str) -> None:
    assert TraceContext.parse(text) is None
    assert context_in({"traceparent": text}) is None


def test_a_later_version_may_have_more() -> None:
    assert TraceContext.parse(f"cc{TEXT[2:]}-what-comes-later") == CONTEXT


def test_only_the_last_bit_of_the_flags_says_that_it_is_recorded() -> None:
    flagged = TraceContext.parse(f"{TEXT[:-2]}fe")
    assert flagged is not None
    assert not flagged.sampled


def test_the_header_is_found_however_it_is_written() -> None:
    headers = {"X-Lens": "wide", "TraceParent": TEXT}
    assert context_in(headers) == CONTEXT
    assert without_context(headers) == {"X-Lens": "wide"}
    assert context_in({}) is None
