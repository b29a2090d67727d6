"""Trees compiled into nested functions, once: each has those of its parts at hand.

What is known beforehand is computed beforehand: a frame costs calls and comparisons alone.
"""

import operator
from collections.abc import Callable
from itertools import starmap
from typing import Any, Final

from framemesh.core.clock import NANO
from framemesh.core.graph.condition.facts import FrameFacts, ItemFacts
from framemesh.core.graph.condition.getters import GETTERS, Getter
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
from framemesh.core.pipeline.polygon import contains

Test = Callable[[ItemFacts | None, FrameFacts], bool]
"""Whether a condition holds of an item and its frame, or of a frame alone. It raises nothing."""

_OPERATORS: Final[dict[Operator, Callable[[Any, Any], bool]]] = {
    Operator.EQUAL: operator.eq,
    Operator.UNEQUAL: operator.ne,
    Operator.LESS: operator.lt,
    Operator.LESS_OR_EQUAL: operator.le,
    Operator.GREATER: operator.gt,
    Operator.GREATER_OR_EQUAL: operator.ge,
}


def compiled(of: Expression) -> Test:
    """The function that a tree is."""
    match of:
        case Or(parts):
            return _any(tuple(map(compiled, parts)))
        case And(parts):
            return _all(tuple(map(compiled, parts)))
        case Not(part):
            return _not(compiled(part))
        case InZone(zone):
            return _in_zone(zone)
        case Membership(operand, choices, negated):
            return _member(_getter(operand), frozenset(map(literal_value, choices)), negated)
        case Comparison():
            tests = tuple(starmap(_compared, of.pairs()))
            return tests[0] if len(tests) == 1 else _all(tests)


def literal_value(of: Literal) -> str | float:
    """As a getter of a name of the same type has it."""
    return of.seconds * NANO if isinstance(of, TimeOfDay) else of.value


def _any(tests: tuple[Test, ...]) -> Test:
    def test(item: ItemFacts | None, frame: FrameFacts) -> bool:
        for each in tests:  # noqa: SIM110  a third of the time of any()
            if each(item, frame):
                return True
        return False

    return test


def _all(tests: tuple[Test, ...]) -> Test:
    def test(item: ItemFacts | None, frame: FrameFacts) -> bool:
        for each in tests:  # noqa: SIM110  a third of the time of all()
            if not each(item, frame):
                return False
        return True

    return test


def _not(of: Test) -> Test:
    return lambda item, frame: not of(item, frame)


def _in_zone(name: str) -> Test:
    def test(item: ItemFacts | None, frame: FrameFacts) -> bool:
        box = None if item is None else item.box
        zone = frame.zones.get(name)
        if box is None or zone is None or not zone.is_for(frame.camera):
            return False
        return contains(zone.points, (box.left + box.right) / 2, box.bottom)

    return test


def _member(get: Getter, choices: frozenset[str | float], negated: bool) -> Test:
    def test(item: ItemFacts | None, frame: FrameFacts) -> bool:
        value = get(item, frame)
        return value is not None and (value in choices) is not negated

    return test


def _compared(left: Operand, sign: Operator, right: Operand) -> Test:
    compare, get = _OPERATORS[sign], _getter(left)
    if isinstance(right, Literal):
        return _compared_with(get, compare, literal_value(right))
    get_right = _getter(right)

    def test(item: ItemFacts | None, frame: FrameFacts) -> bool:
        first, second = get(item, frame), get_right(item, frame)
        return first is not None and second is not None and compare(first, second)

    return test


def _compared_with(get: Getter, compare: Callable[[Any, Any], bool], value: str | float) -> Test:
    def test(item: ItemFacts | None, frame: FrameFacts) -> bool:
        found = get(item, frame)
        return found is not None and compare(found, value)

    return test


def _getter(of: Operand) -> Getter:
    match of:
        case Property(name):
            return GETTERS[name]
        case Count(stage, where):
            return _counted(stage, compiled(where)) if where else _all_of(stage)
        case Text() | Number() | TimeOfDay():
            value = literal_value(of)
            return lambda item, frame: value


def _all_of(stage: str) -> Getter:
    return lambda item, frame: len(frame.items.get(stage, ()))


def _counted(stage: str, where: Test) -> Getter:
    asked = object()

    def get(item: ItemFacts | None, frame: FrameFacts) -> int:
        if (known := frame.counted.get(asked)) is not None:
            return known
        found = sum(where(each, frame) for each in frame.items.get(stage, ()))
        frame.counted[asked] = found
        return found

    return get
