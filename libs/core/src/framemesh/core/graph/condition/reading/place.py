"""An error at a place of a text."""

from framemesh.core.graph.condition.errors import InvalidCondition

MAX_SHOWN = 40
"""Characters of a piece of text in a message."""


def refused(what: str, line: int, column: int, hint: str = "") -> InvalidCondition:
    """The error: what is wrong, where that is, and what to write. Both numbers begin with 1."""
    # Most texts have no other line than the first.
    where = f"column {column}" if line == 1 else f"line {line}, column {column}"
    return InvalidCondition(f"{what} at {where}" + (f": {hint}" if hint else ""))


def shown(piece: str) -> str:
    """A piece of text in quotes, on one line whatever is in it."""
    return repr(f"{piece[:MAX_SHOWN]}{'...' if len(piece) > MAX_SHOWN else ''}")
