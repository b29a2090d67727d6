"""What the words of a condition mean, before any frame comes."""

import pickle
from copy import deepcopy

import pytest

from framemesh.core.graph.condition.condition import Condition
from framemesh.core.graph.condition.errors import InvalidCondition
from framemesh.core.graph.condition.facts import FrameFacts
from framemesh.core.graph.condition.parsing import MAX_CHARACTERS, MAX_LEVELS, MAX_PARTS, parse
from framemesh.core.graph.condition.syntax import (
    And,
    Comparison,
    Count,
    Expression,
    InZone,
    Membership,
    Not,
    Number,
    Operator,
    Or,
    Property,
    Text,
    TimeOfDay,
)

LESS, GREATER, EQUAL = Operator.LESS, Operator.GREATER, Operator.EQUAL
SMALL = Comparison(Property("area"), ((LESS, Number(0.5)),))
YARD = InZone("yard")


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("area < 0.5", SMALL),
        ("0.5 > area", Comparison(Number(0.5), ((GREATER, Property("area")),))),
        ("0.1 < x < .5", Comparison(Number(0.1), ((LESS, Property("x")), (LESS, Number(0.5))))),
        ("x > -1", Comparison(Property("x"), ((GREATER, Number(-1.0)),))),
        ("time < 08:00:30", Comparison(Property("time"), ((LESS, TimeOfDay(28830)),))),
        ("label == 'it'", Comparison(Property("label"), ((EQUAL, Text("it")),))),
        ('label in ("a", "b")', Membership(Property("label"), (Text("a"), Text("b")))),
        ('label not in ("a")', Membership(Property("label"), (Text("a"),), negated=True)),
        ("count(p) in (1, 2)", Membership(Count("p"), (Number(1), Number(2)))),
        ('in_zone("yard")', YARD),
        ("not not area < 0.5", Not(Not(SMALL))),
        ("count(p, area < 0.5) > 1", Comparison(Count("p", SMALL), ((GREATER, Number(1)),))),
        ("count(a) < count(b)", Comparison(Count("a"), ((LESS, Count("b")),))),
        ("width > height", Comparison(Property("width"), ((GREATER, Property("height")),))),
    ],
)
def test_a_text_is_read(text: str, tree: Expression) -> None:
    assert parse(text).root == tree


@pytest.mark.parametrize(
    "stage", ["front-door", "-", "07", "and", "in_zone", "a_b", "7-", "x" * 64]
)
@pytest.mark.parametrize("quotes", ["", '"', "'"])
def test_any_name_of_a_stage_can_be_counted(stage: str, quotes: str) -> None:
    counted = Comparison(Count(stage), ((GREATER, Number(1)),))
    assert parse(f"count({quotes}{stage}{quotes}) > 1").root == counted


def test_and_binds_more_than_or_and_not_most() -> None:
    text = 'in_zone("yard") or area < 0.5 and not area < 0.5 or in_zone("yard")'
    assert parse(text).root == Or((YARD, And((SMALL, Not(SMALL))), YARD))
    assert parse('not (area < 0.5 or in_zone("yard"))').root == Not(Or((SMALL, YARD)))


def test_words_end_where_names_do() -> None:
    """Not the word `and` with the name `y` after it."""
    with pytest.raises(InvalidCondition, match=r"expected 'and' or 'or' after '0\.5' at column 12"):
        parse("area > 0.5 andy > 0.5")


def test_what_it_counts_is_told() -> None:
    condition = parse('count(a-b) > 1 or count(c, in_zone("z")) > count(a-b)')
    assert condition.stages == ("a-b", "c")


def condition_of_another_process(condition: Condition) -> Condition:
    copied = pickle.loads(pickle.dumps(condition))  # noqa: S301  our own
    assert isinstance(copied, Condition)
    return copied


def test_equal_texts_are_equal_conditions_and_can_be_copied() -> None:
    condition = parse("area>0.5")
    condition.test(None, FrameFacts("gate", 0))  # What it is compiled into is not copied.
    assert condition == parse("area > 0.50") != parse("area > 0.6")
    assert hash(condition) == hash(parse("area > 0.5"))
    assert deepcopy(condition) == condition == condition_of_another_process(condition)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("x < 1 or " * 200, "the condition has 1800 characters, over 1000"),
        (" or ".join(["x<1"] * (MAX_PARTS // 3 + 1)), "more than 200 parts"),
        ("not " * MAX_LEVELS + "x < 1", "more than 20 levels"),
        ("not(" * MAX_LEVELS + "x < 1" + ")" * MAX_LEVELS, "more than 20 levels"),
        ("label in (" + ",".join(['"aaaaaaaaa"'] * 80) + ")", "written out, is over 1000"),
        ("", "the condition is empty"),
        (" \n", "the condition is empty"),
    ],
)
def test_what_is_too_large_is_refused(text: str, problem: str) -> None:
    with pytest.raises(InvalidCondition, match=problem):
        parse(text)


def test_as_many_parts_and_levels_as_are_allowed_are_read() -> None:
    parse(" or ".join(["x<1"] * ((MAX_PARTS - 1) // 3)))
    parse("not " * (MAX_LEVELS - 2) + "x < 1")
    parse("(" * 400 + "x < 1" + ")" * 400)
    assert len(str(parse(f"label == '{'a' * (MAX_CHARACTERS - 11)}'"))) == MAX_CHARACTERS
