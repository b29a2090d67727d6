"""The parser of conditions, made once for a process."""

from functools import lru_cache
from typing import Any, cast

from lark import Lark, Token, UnexpectedInput

from framemesh.core.graph.condition.reading.building import Builder
from framemesh.core.graph.condition.reading.grammar import GRAMMAR
from framemesh.core.graph.condition.reading.mistakes import explained
from framemesh.core.graph.condition.reading.values import named
from framemesh.core.graph.condition.syntax import Expression


def read(text: str) -> Expression:
    """The syntax tree of a condition.

    Raises:
        InvalidCondition: the text does not follow the grammar, or compares what cannot be.
    """
    steps: Any = _parser().parse_interactive(text)  # Some of its methods have no types.
    before: Token | None = None
    try:
        for token in steps.lexer_thread.lex(steps.parser_state):
            steps.feed_token(token)
            before = token
        return cast("Expression", steps.feed_eof(before))
    except UnexpectedInput as error:
        if before is not None and before.type == "NAME":
            named(before)  # A name that there is not explains more than what should follow it.
        raise explained(error, before, steps.accepts(), text) from error


@lru_cache(maxsize=1)
def _parser() -> Lark:
    return Lark(GRAMMAR, parser="lalr", transformer=Builder())
