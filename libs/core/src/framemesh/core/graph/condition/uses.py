"""What a condition refers to: names of items, stages and zones."""

from collections.abc import Iterator

from framemesh.core.graph.condition.names import PROPERTIES
from framemesh.core.graph.condition.syntax import (
    And,
    Comparison,
    Count,
    Expression,
    InZone,
    Membership,
    Not,
    Operand,
    Or,
    Property,
)

Part = Expression | Operand


def parts(of: Part) -> tuple[Part, ...]:
    """What a part of a tree is made of: the next level below it."""
    match of:
        case Or(each) | And(each):
            return each
        case Not(each):
            return (each,)
        case Comparison(first, rest):
            return (first, *(operand for _, operand in rest))
        case Membership(operand, choices):
            return (operand, *choices)
        case Count(_, where) if where is not None:
            return (where,)
        case _:
            return ()


def every_part(root: Part, *, counted: bool = True) -> Iterator[Part]:
    """All parts of a tree, itself first; `counted`: those of what is counted as well."""
    waiting = [root]
    while waiting:
        part = waiting.pop()
        yield part
        if counted or not isinstance(part, Count):
            waiting.extend(reversed(parts(part)))


def stages_counted(root: Part) -> tuple[str, ...]:
    """The stages that it counts, each once: they must be through before it is asked."""
    return tuple(dict.fromkeys(p.stage for p in every_part(root) if isinstance(p, Count)))


def item_names(root: Part) -> tuple[str, ...]:
    """The names of an item that it asks for, each once; not those of items that it counts."""
    return tuple(dict.fromkeys(filter(None, map(_item_name, every_part(root, counted=False)))))


def _item_name(part: Part) -> str:
    match part:
        case InZone():
            return "in_zone"
        case Property(name) if PROPERTIES[name].of_item:
            return name
        case _:
            return ""


def extent(root: Part) -> tuple[int, int]:
    """How many parts a tree has, and in how many levels."""
    level: list[Part] = [root]
    size = depth = 0
    while level:
        size, depth = size + len(level), depth + 1
        level = [below for part in level for below in parts(part)]
    return size, depth
