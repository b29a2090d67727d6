"""What comparisons say of the number, or the time, that a name stands for."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from framemesh.core.graph.condition.names import PROPERTIES, Kind
from framemesh.core.graph.condition.ranges import DAY, FRACTION, WHOLE, Range
from framemesh.core.graph.condition.syntax import (
    Comparison,
    Count,
    Expression,
    Membership,
    Number,
    Operator,
    Property,
    TimeOfDay,
)
from framemesh.core.graph.condition.writing import written

_FLIPPED: Final = {
    Operator.LESS: Operator.GREATER,
    Operator.LESS_OR_EQUAL: Operator.GREATER_OR_EQUAL,
    Operator.GREATER: Operator.LESS,
    Operator.GREATER_OR_EQUAL: Operator.LESS_OR_EQUAL,
}
"""The same comparison with its sides exchanged."""

_OPPOSITE: Final = {
    Operator.EQUAL: Operator.UNEQUAL,
    Operator.UNEQUAL: Operator.EQUAL,
    Operator.LESS: Operator.GREATER_OR_EQUAL,
    Operator.LESS_OR_EQUAL: Operator.GREATER,
    Operator.GREATER: Operator.LESS_OR_EQUAL,
    Operator.GREATER_OR_EQUAL: Operator.LESS,
}
"""What is true where a comparison is not."""


class Bound(NamedTuple):
    """A name compared with a number or a time; the name is on the left."""

    of: Property | Count
    operator: Operator
    value: float
    """Of a time: seconds since midnight."""

    def __str__(self) -> str:
        value = TimeOfDay(int(self.value)) if self.possible is DAY else Number(self.value)
        return written(Comparison(self.of, ((self.operator, value),)))

    @property
    def possible(self) -> Range:
        """What the name can be at all."""
        if isinstance(self.of, Count):
            return WHOLE
        return DAY if PROPERTIES[self.of.name].kind is Kind.TIME else FRACTION

    @property
    def is_never_true(self) -> bool:
        return self.possible.narrowed(self.operator, self.value).is_empty

    @property
    def is_always_true(self) -> bool:
        """Because of a number that the name cannot be: `0.5 < score <= 1` has none."""
        if not self.possible.narrowed(Operator.EQUAL, self.value).is_empty:
            return False
        return self.possible.narrowed(_OPPOSITE[self.operator], self.value).is_empty


def bounds(of: Expression) -> Iterator[Bound]:
    """What a comparison says of each name in it: all of it is true, or of a `Membership` one."""
    match of:
        case Comparison():
            for left, operator, right in of.pairs():
                if isinstance(left, Property | Count) and isinstance(right, Number | TimeOfDay):
                    yield Bound(left, operator, _number(right))
                elif isinstance(left, Number | TimeOfDay) and isinstance(right, Property | Count):
                    yield Bound(right, _FLIPPED.get(operator, operator), _number(left))
        case Membership(operand, choices):
            for choice in choices:
                if isinstance(choice, Number):
                    yield Bound(operand, Operator.EQUAL, choice.value)
        case _:
            return


def _number(of: Number | TimeOfDay) -> float:
    return of.seconds if isinstance(of, TimeOfDay) else of.value
