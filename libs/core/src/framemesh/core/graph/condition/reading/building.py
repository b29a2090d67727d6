"""The tree out of what the parser recognises, piece by piece, and the checks of types."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import cast

from lark import Token

from framemesh.core.graph.condition.kinds import DOWN, UP, mismatch
from framemesh.core.graph.condition.names import FUNCTIONS
from framemesh.core.graph.condition.reading import values
from framemesh.core.graph.condition.reading.values import Call, Placed, at_token
from framemesh.core.graph.condition.syntax import (
    And,
    Comparison,
    Count,
    Expression,
    InZone,
    Literal,
    Membership,
    Not,
    Operator,
    Or,
    Property,
)
from framemesh.core.graph.condition.writing import written


class Builder:
    """A method for each rule of the grammar: what its parts became, to what they become together.

    The parser calls them from the inside out, so that none calls another, however deep a text is
    nested. They raise InvalidCondition.
    """

    def any_of(self, parts: Sequence[Expression]) -> Expression:
        return Or(tuple(_flat(parts, Or)))

    def all_of(self, parts: Sequence[Expression]) -> Expression:
        return And(tuple(_flat(parts, And)))

    def inverted(self, parts: Sequence[Expression]) -> Expression:
        return Not(parts[0])

    def comparison(self, parts: Sequence[Placed | Token]) -> Expression:
        operands = [part for part in parts if isinstance(part, Placed)]
        signs = [part for part in parts if isinstance(part, Token)]
        operators = [Operator(sign) for sign in signs]
        for (left, right), operator in zip(pairwise(operands), operators, strict=True):
            _check(left, operator, right)
        if len(operators) > 1 and not (UP.issuperset(operators) or DOWN.issuperset(operators)):
            hint = "write 0.1 < area < 0.5, or two with and between them"
            raise at_token(signs[1], "comparisons in a row do not go one way", hint)
        rest = zip(operators, (each.operand for each in operands[1:]), strict=True)
        return Comparison(operands[0].operand, tuple(rest))

    def member(self, parts: tuple[Placed, Sequence[Placed]]) -> Expression:
        return _membership(*parts, negated=False)

    def not_member(self, parts: tuple[Placed, Sequence[Placed]]) -> Expression:
        return _membership(*parts, negated=True)

    def choices(self, parts: Sequence[Placed]) -> Sequence[Placed]:
        return parts

    def truth(self, parts: Sequence[Call]) -> Expression:
        made = parts[0].made
        if isinstance(made, InZone):
            return made
        hint = f"write {written(Count(made.stage))} > 0"
        raise at_token(parts[0].at, "a count alone is neither true nor false", hint)

    def counted(self, parts: Sequence[Call]) -> Placed:
        made = parts[0].made
        if isinstance(made, Count):
            return Placed(made, parts[0].at)
        example = FUNCTIONS["in_zone"]
        hint = f"write {example} or not {example}"
        raise at_token(parts[0].at, "in_zone, true or false itself, is compared", hint)

    def call(self, parts: tuple[Token, Token, *tuple[Expression, ...]]) -> Call:
        name, of, *where = parts
        return values.call(name, of, where[0] if where else None)

    def named(self, parts: Sequence[Token]) -> Placed:
        return values.named(parts[0])

    def text(self, parts: Sequence[Token]) -> Placed:
        return values.text(parts[0])

    def number(self, parts: Sequence[Token]) -> Placed:
        return values.number(parts[0])

    def time(self, parts: Sequence[Token]) -> Placed:
        return values.time(parts[0])


def _flat(parts: Sequence[Expression], kind: type[And] | type[Or]) -> Iterator[Expression]:
    """Without brackets that change nothing."""
    for part in parts:
        if isinstance(part, And | Or) and isinstance(part, kind):
            yield from part.parts
        else:
            yield part


def _membership(of: Placed, choices: Sequence[Placed], *, negated: bool) -> Expression:
    literals: list[Literal] = []
    for choice in choices:
        _check(of, Operator.EQUAL, choice)
        if isinstance(choice.operand, Literal):
            literals.append(choice.operand)
    # Two literals are no comparison, so this is none.
    operand = cast("Property | Count", of.operand)
    return Membership(operand, tuple(literals), negated)


def _check(left: Placed, operator: Operator, right: Placed) -> None:
    if problem := mismatch(left.operand, operator, right.operand):
        raise at_token(right.at, problem.what, problem.hint)
