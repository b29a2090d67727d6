"""The syntax tree of a condition: frozen values without a place in a text.

A tree is in its normal form if no part of an `And` is an `And`, and no part of an `Or` an `Or`.
"""

from dataclasses import dataclass
from enum import Enum


class Operator(Enum):
    """How two values are compared."""

    EQUAL = "=="
    UNEQUAL = "!="
    LESS = "<"
    LESS_OR_EQUAL = "<="
    GREATER = ">"
    GREATER_OR_EQUAL = ">="


@dataclass(frozen=True, slots=True)
class Text:
    """A text that was written. It is printable, and has not both kinds of quotes."""

    value: str


@dataclass(frozen=True, slots=True)
class Number:
    """A number that was written; finite."""

    value: float


@dataclass(frozen=True, slots=True)
class TimeOfDay:
    """A time of day that was written, UTC."""

    seconds: int
    """Since midnight: 0 to 86,399."""


Literal = Text | Number | TimeOfDay


@dataclass(frozen=True, slots=True)
class Property:
    """What is known of an item or a frame, by its name: one of `names.PROPERTIES`."""

    name: str


@dataclass(frozen=True, slots=True)
class Count:
    """How many items of the frame a stage has."""

    stage: str
    where: "Expression | None" = None
    """Only those of which it is true; it counts nothing itself."""


Operand = Property | Count | Literal


@dataclass(frozen=True, slots=True)
class Comparison:
    """`first` compared with the operand after it, that with the next, and so on: all must hold."""

    first: Operand
    rest: tuple[tuple[Operator, Operand], ...]
    """One or more; several all go the same way, up or down."""

    def pairs(self) -> tuple[tuple[Operand, Operator, Operand], ...]:
        """Each operand with the one after it."""
        operands = (self.first, *(operand for _, operand in self.rest))
        return tuple(
            (operands[at], operator, right) for at, (operator, right) in enumerate(self.rest)
        )


@dataclass(frozen=True, slots=True)
class Membership:
    """Whether a value is one of several."""

    operand: Property | Count
    choices: tuple[Literal, ...]
    """One or more."""
    negated: bool = False
    """`not in`."""


@dataclass(frozen=True, slots=True)
class InZone:
    """Whether the item is in a zone of the pipeline."""

    zone: str


@dataclass(frozen=True, slots=True)
class Not:
    """What it is of is not true."""

    of: "Expression"


@dataclass(frozen=True, slots=True)
class And:
    """All of its parts, two or more, are true."""

    parts: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """One of its parts, two or more, is true."""

    parts: tuple["Expression", ...]


Expression = Comparison | Membership | InZone | Not | And | Or
