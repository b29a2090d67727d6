"""Syntax trees in their normal form, as hypothesis draws them."""

from hypothesis import strategies as st

from framemesh.core.graph.condition.names import WEEKDAYS
from framemesh.core.graph.condition.syntax import (
    And,
    Comparison,
    Count,
    Expression,
    InZone,
    Literal,
    Membership,
    Not,
    Number,
    Operand,
    Operator,
    Or,
    Property,
    Text,
    TimeOfDay,
)

UP = (Operator.LESS, Operator.LESS_OR_EQUAL)
DOWN = (Operator.GREATER, Operator.GREATER_OR_EQUAL)
SAME = (Operator.EQUAL, Operator.UNEQUAL)

NAMES = st.text("abzAZ019-_", min_size=1, max_size=8)
STAGES = st.sampled_from(["people", "front-door", "and", "07", "-"]) | NAMES
ZONES = st.sampled_from(["yard", "gate"]) | NAMES

Numeric = st.SearchStrategy[Property | Count]


def _is_writable(text: str) -> bool:
    return text.isprintable() and not {'"', "'"} <= set(text)


TEXTS = st.sampled_from(["person", "car", 'in" quotes', "it's"]) | st.text(max_size=8).filter(
    _is_writable
)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False, width=32) | st.sampled_from(
    [0.0, 0.1, 0.5, 1.0, 2.0, 100.0, -0.25]
)
PROPERTIES = st.sampled_from(["score", "area", "x", "y", "width", "height"]).map(Property)


@st.composite
def comparisons(draw: st.DrawFn, names: Numeric) -> Comparison:
    """Of numbers: one comparison, or several that go one way."""
    operators = draw(
        st.lists(st.sampled_from(UP), min_size=1, max_size=3)
        | st.lists(st.sampled_from(DOWN), min_size=1, max_size=3)
        | st.lists(st.sampled_from(SAME), min_size=1, max_size=1)
    )
    operands: list[Operand] = []
    for _ in range(len(operators) + 1):
        after_literal = bool(operands) and isinstance(operands[-1], Number)
        operands.append(draw(names if after_literal else names | NUMBERS.map(Number)))
    return Comparison(operands[0], tuple(zip(operators, operands[1:], strict=True)))


def _one(
    name: str, operators: tuple[Operator, ...], of: st.SearchStrategy[Literal]
) -> st.SearchStrategy[Comparison]:
    pairs = st.tuples(st.sampled_from(operators), of)
    return pairs.map(lambda pair: Comparison(Property(name), (pair,)))


def _texts(name: str, of: st.SearchStrategy[str]) -> st.SearchStrategy[Expression]:
    literals = of.map(Text)
    several = st.lists(literals, min_size=1, max_size=3).map(tuple)
    return _one(name, SAME, literals) | st.builds(
        Membership, st.just(Property(name)), several, st.booleans()
    )


TIMES = st.integers(0, 86399).map(TimeOfDay)


def leaves(names: Numeric) -> st.SearchStrategy[Expression]:
    return st.one_of(
        comparisons(names),
        st.builds(
            Membership,
            names,
            st.lists(NUMBERS.map(Number), min_size=1, max_size=3).map(tuple),
            st.booleans(),
        ),
        _texts("label", TEXTS),
        _texts("camera", TEXTS),
        _texts("weekday", st.sampled_from(WEEKDAYS)),
        _one("time", (*UP, *DOWN), TIMES),
        ZONES.map(InZone),
    )


def _several(
    parts: st.SearchStrategy[Expression], kind: type[And] | type[Or]
) -> st.SearchStrategy[Expression]:
    fitting = parts.filter(lambda part: not isinstance(part, kind))
    return st.lists(fitting, min_size=2, max_size=3).map(lambda each: kind(tuple(each)))


def trees(of: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    return st.recursive(
        of,
        lambda parts: parts.map(Not) | _several(parts, And) | _several(parts, Or),
        max_leaves=8,
    )


ITEM_TREES = trees(leaves(PROPERTIES))
"""Without a count, as a count may have them."""

COUNTS = st.builds(Count, STAGES, st.none() | ITEM_TREES)
TREES = trees(leaves(PROPERTIES | COUNTS))
