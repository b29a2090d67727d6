"""A syntax tree as text: the normal form, which parses to the same tree."""

from decimal import Decimal

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
    Or,
    Property,
    Text,
    TimeOfDay,
)


def written(of: Expression | Operand) -> str:
    """The text of a tree, or of a part of one, in one line."""
    match of:
        case Or(parts):
            return " or ".join(map(written, parts))
        case And(parts):
            return " and ".join(_bracketed(part, Or) for part in parts)
        case Not(part):
            return f"not {_bracketed(part, And, Or)}"
        case InZone() | Membership() | Comparison():
            return _simple(of)
        case _:
            return _operand(of)


def _simple(of: InZone | Membership | Comparison) -> str:
    match of:
        case InZone(zone):
            return f"in_zone({_quoted(zone)})"
        case Membership(operand, choices, negated):
            listed = ", ".join(map(_literal, choices))
            return f"{_operand(operand)} {'not ' if negated else ''}in ({listed})"
        case Comparison(first, rest):
            compared = (f" {operator.value} {_operand(operand)}" for operator, operand in rest)
            return _operand(first) + "".join(compared)


def _bracketed(part: Expression, *looser: type[Expression]) -> str:
    text = written(part)
    return f"({text})" if isinstance(part, looser) else text


def _operand(of: Operand) -> str:
    match of:
        case Property(name):
            return name
        case Count(stage, where):
            return f"count({stage}, {written(where)})" if where else f"count({stage})"
        case Text() | Number() | TimeOfDay():
            return _literal(of)


def _literal(of: Literal) -> str:
    match of:
        case Text(value):
            return _quoted(value)
        case Number(value):
            return _number(value)
        case TimeOfDay(seconds):
            return time_text(seconds)


def _quoted(text: str) -> str:
    return f"'{text}'" if '"' in text else f'"{text}"'


def _number(value: float) -> str:
    """Without an exponent, which a condition has no way to write."""
    return f"{int(value)}" if value.is_integer() else f"{Decimal(repr(value)):f}"


def time_text(seconds: int) -> str:
    """Seconds since midnight as a time of day: 08:00, or 08:00:30."""
    hours, minutes, rest = seconds // 3600, seconds // 60 % 60, seconds % 60
    return f"{hours:02}:{minutes:02}" + (f":{rest:02}" if rest else "")
