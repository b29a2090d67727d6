"""The values in a condition, each out of the piece of text that it is."""

import math
from dataclasses import dataclass

from lark import Token

from framemesh.core.errors import InvalidName
from framemesh.core.graph.condition.errors import InvalidCondition
from framemesh.core.graph.condition.names import FUNCTIONS, KEYWORDS, PROPERTIES
from framemesh.core.graph.condition.reading.place import refused, shown
from framemesh.core.graph.condition.suggestion import meant
from framemesh.core.graph.condition.syntax import (
    Count,
    Expression,
    InZone,
    Number,
    Operand,
    Property,
    Text,
    TimeOfDay,
)
from framemesh.core.graph.condition.uses import stages_counted
from framemesh.core.names import check_name


@dataclass(frozen=True, slots=True)
class Placed:
    """A value, and the piece of text with which it begins."""

    operand: Operand
    at: Token


@dataclass(frozen=True, slots=True)
class Call:
    """What a name with brackets after it stands for, and that name."""

    made: Count | InZone
    at: Token


def at_token(token: Token, what: str, hint: str = "") -> InvalidCondition:
    """The error that something is wrong with a piece of the text."""
    return refused(what, token.line or 1, token.column or 1, hint)


def text(token: Token) -> Placed:
    """A text between quotes."""
    value = str(token[1:-1])
    if not value.isprintable():
        raise at_token(token, f"the text {shown(value)}", "it has a character that is not printed")
    return Placed(Text(value), token)


def number(token: Token) -> Placed:
    """A number, finite."""
    value = float(token)
    if not math.isfinite(value):
        raise at_token(token, f"the number {shown(token)}", "it is too large")
    return Placed(Number(value), token)


def time(token: Token) -> Placed:
    """A time of day."""
    hours, minutes, seconds = (*map(int, token.split(":")), 0)[:3]
    if hours > 23 or minutes > 59 or seconds > 59:
        raise at_token(token, f"{token} is no time of day", "use 00:00 to 23:59:59")
    return Placed(TimeOfDay(3600 * hours + 60 * minutes + seconds), token)


def named(token: Token) -> Placed:
    """A name without brackets."""
    if token in FUNCTIONS:
        raise at_token(token, f"no brackets after {token}", f"write {FUNCTIONS[token]}")
    if token not in PROPERTIES:
        hint = meant(token, (*PROPERTIES, *FUNCTIONS), KEYWORDS)
        raise at_token(token, f"no name {shown(token)}", f'{hint} (a text has quotes, as "car")')
    return Placed(Property(str(token)), token)


def call(token: Token, of: Token, where: Expression | None) -> Call:
    """A name with brackets after it: of a stage or a zone, and a condition on what is counted."""
    if token not in FUNCTIONS:
        hint = meant(token, FUNCTIONS)
        if token in PROPERTIES:
            hint = "it has no brackets"
        raise at_token(token, f"no name {shown(token)} with brackets", hint)
    is_zone = str(token) == "in_zone"
    name = _name("zone" if is_zone else "stage", of)
    if is_zone:
        if where is not None:
            raise at_token(token, "more than one thing in the brackets of in_zone", "name one zone")
        return Call(InZone(name), token)
    if where is not None and stages_counted(where):
        raise at_token(token, "a count within a count", "compare them side by side, with and")
    return Call(Count(name, where), token)


def _name(what: str, of: Token) -> str:
    name = str(of[1:-1] if of.type == "STRING" else of)
    try:
        return check_name(what, name)
    except InvalidName as error:
        problem, _, hint = str(error).partition(": ")
        raise at_token(of, problem, hint) from error
