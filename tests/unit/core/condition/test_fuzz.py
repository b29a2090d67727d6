"""Whatever somebody writes is a condition or is refused in one line, soon."""

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from framemesh.core.graph.condition.errors import InvalidCondition
from framemesh.core.graph.condition.parsing import MAX_CHARACTERS, parse
from framemesh.core.graph.condition.writing import written
from tests.unit.core.condition.trees import TREES

PIECES = (
    *("area", "label", "time", "weekday", "camera", "count", "in_zone", "people", "front-door"),
    *("and", "or", "not", "in", "(", ")", ",", "==", "!=", "<", "<=", ">", ">=", "=", "-", "."),
    *(
        "0.5",
        "-1",
        "08:00",
        "25:99",
        '"a"',
        "'b'",
        '"',
        "'",
        "\\",
        "\n",
        "\x00",
        "\ud800",
        "\u0663",
    ),
)
MAX_SECONDS = 1.0
"""Of the processor, for a text of the greatest length; it takes 10 ms."""


def refused_or_read(text: str) -> None:
    try:
        condition = parse(text)
    except InvalidCondition as error:
        line = str(error)
    else:
        assert parse(str(condition)) == condition
        return
    assert len(line.splitlines()) == 1
    assert len(line) < 3 * MAX_CHARACTERS


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    refused_or_read(text)


@settings(max_examples=200)
@given(st.lists(st.sampled_from(PIECES), max_size=30), st.sampled_from(["", " "]))
@example(["count", "(", "08:00"], "")
def test_pieces_of_conditions_in_any_order_are_read_or_refused(
    pieces: list[str], between: str
) -> None:
    refused_or_read(between.join(pieces))


@given(TREES.map(written), st.data())
def test_a_condition_with_a_piece_changed_is_read_or_refused(
    text: str, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 4)))
    refused_or_read(text[:start] + data.draw(st.sampled_from(PIECES)) + text[end:])


@pytest.mark.parametrize(
    "begin",
    ["(", "not ", "x<", "count(a,", "((((x", "-", '"', "0", "0.", "a", "x<0 or ", "in", " "],
)
def test_the_longest_text_takes_no_longer_than_a_bound(begin: str) -> None:
    parse("x < 1")
    text = (begin * MAX_CHARACTERS)[:MAX_CHARACTERS]
    started = time.process_time()
    with pytest.raises(InvalidCondition):
        parse(text)
    assert time.process_time() - started < MAX_SECONDS
