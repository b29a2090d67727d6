"""The texts that a condition compares a name with."""

from collections.abc import Iterator

from framemesh.core.graph.condition.syntax import (
    And,
    Comparison,
    Expression,
    Membership,
    Operator,
    Property,
    Text,
)
from framemesh.core.graph.condition.uses import Part
from framemesh.core.graph.condition.writing import written


def texts_of(part: Part, name: str) -> Iterator[str]:
    """The texts that one comparison has for a name, whether it is to be one of them or none."""
    match part:
        case Comparison():
            for left, _, right in part.pairs():
                for one, other in ((left, right), (right, left)):
                    if one == Property(name) and isinstance(other, Text):
                        yield other.value
        case Membership(Property(of), choices) if of == name:
            yield from (choice.value for choice in choices if isinstance(choice, Text))
        case _:
            return


def several_texts(of: And) -> Iterator[str]:
    """A line for each name that would have to be two texts at once."""
    for name in ("label", "camera", "weekday"):
        each = [tuple(texts_of(part, name)) for part in of.parts if _is_one_of(part)]
        wanted = [texts for texts in each if texts]
        if wanted and not set(wanted[0]).intersection(*wanted[1:]):
            texts = dict.fromkeys(text for some in wanted for text in some)
            choice = written(Membership(Property(name), tuple(map(Text, texts))))
            yield f"no {name} is two texts at once: write {choice}"


def _is_one_of(part: Expression) -> bool:
    match part:
        case Comparison(_, ((Operator.EQUAL, _),)):
            return True
        case Membership(_, _, negated):
            return not negated
        case _:
            return False
