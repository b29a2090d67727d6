"""What tests of damaged input share: how many of them, and what damage does to bytes."""

import os
from collections.abc import Callable

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

EXAMPLES = int(os.environ.get("FRAMEMESH_FUZZ_EXAMPLES", "100"))
"""Of each test; `make fuzz` has more."""

damaged_inputs = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

MOST_CHANGES = 6


def damaged(original: bytes, tokens: tuple[bytes, ...] = ()) -> st.SearchStrategy[bytes]:
    """The same bytes with some of them changed, cut out, put in, or put twice.

    Args:
        tokens: put in at times, for damage that means something.
    """
    put_in = st.binary(max_size=8)
    if tokens:
        put_in |= st.sampled_from(tokens)
    places = st.floats(0, 1)
    change = st.tuples(st.sampled_from(list(CHANGES)), places, places, put_in)
    return st.lists(change, min_size=1, max_size=MOST_CHANGES).map(
        lambda changes: _changed(original, changes)
    )


def _changed(data: bytes, changes: list[tuple[str, float, float, bytes]]) -> bytes:
    for kind, first, second, put_in in changes:
        begin, end = sorted(int(place * len(data)) for place in (first, second))
        data = CHANGES[kind](data, begin, end, put_in)
    return data


CHANGES: dict[str, Callable[[bytes, int, int, bytes], bytes]] = {
    "overwrite": lambda data, begin, _, new: data[:begin] + new + data[begin + len(new) :],
    "insert": lambda data, begin, _, new: data[:begin] + new + data[begin:],
    "cut out": lambda data, begin, end, _: data[:begin] + data[end:],
    "cut off": lambda data, begin, *_: data[:begin],
    "repeat": lambda data, begin, end, _: data[:end] + data[begin:end] + data[end:],
    "replace": lambda data, begin, end, new: data[:begin] + new + data[end:],
}
