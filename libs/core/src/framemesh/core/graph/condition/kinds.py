"""Whether two values may be compared: only with those of the same type."""

from typing import NamedTuple

from framemesh.core.graph.condition.names import PROPERTIES, WEEKDAYS, Kind
from framemesh.core.graph.condition.suggestion import meant
from framemesh.core.graph.condition.syntax import (
    Count,
    Literal,
    Number,
    Operand,
    Operator,
    Property,
    Text,
    TimeOfDay,
)
from framemesh.core.graph.condition.writing import written

UP = frozenset({Operator.LESS, Operator.LESS_OR_EQUAL})
DOWN = frozenset({Operator.GREATER, Operator.GREATER_OR_EQUAL})


class Mismatch(NamedTuple):
    """Why two values are not compared so."""

    what: str
    hint: str = ""
    """What to write."""


def kind_of(operand: Operand) -> Kind:
    """The type of a value."""
    match operand:
        case Property(name):
            return PROPERTIES[name].kind
        case Count() | Number():
            return Kind.NUMBER
        case Text():
            return Kind.TEXT
        case TimeOfDay():
            return Kind.TIME


def mismatch(left: Operand, operator: Operator, right: Operand) -> Mismatch | None:
    """Why `left operator right` is no comparison; None: it is one."""
    if isinstance(left, Literal) and isinstance(right, Literal):
        return Mismatch(f"{written(left)} is compared with {written(right)}, none of them a name,")
    first, second = kind_of(left), kind_of(right)
    if Kind.WEEKDAY in (first, second):
        for operand in (left, right):
            if isinstance(operand, Text):
                return _no_weekday(operand.value) or _no_order(first, operator)
    if first is not second:
        what = f"{_with_kind(left)}, is compared with {_with_kind(right)},"
        return Mismatch(what, "a time is written 08:00" if Kind.TIME in (first, second) else "")
    return _no_order(first, operator)


def _no_weekday(value: str) -> Mismatch | None:
    if value in WEEKDAYS:
        return None
    return Mismatch(f"{value!r} is no weekday", meant(value, WEEKDAYS))


def _no_order(kind: Kind, operator: Operator) -> Mismatch | None:
    ordered = operator in UP | DOWN
    if kind is Kind.TIME and not ordered:
        return Mismatch(f"{operator.value} of a time holds for an instant only,", "use >= and <")
    if kind in (Kind.TEXT, Kind.WEEKDAY) and ordered:
        return Mismatch(f"{kind.value} has no order, so no {operator.value}", "use == or in")
    return None


def _with_kind(operand: Operand) -> str:
    return f"{written(operand)}, {kind_of(operand).value}"
