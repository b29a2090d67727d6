"""What is wrong with a text that does not follow the grammar, in the words of who wrote it."""

import difflib
import re
from collections.abc import Collection, Iterator
from typing import Final

from lark import Token, UnexpectedInput, UnexpectedToken

from framemesh.core.graph.condition.errors import InvalidCondition
from framemesh.core.graph.condition.names import KEYWORDS
from framemesh.core.graph.condition.reading.place import refused, shown

_NO_ARITHMETIC = "there is no arithmetic"
_NO_END = "the text has no second quote"
_STRAIGHT = "quotes are straight"

OTHER_LANGUAGES: Final = {
    "&": "write 'and'",
    "|": "write 'or'",
    "=>": "write '>='",
    "=<": "write '<='",
    "=": "write '=='",
    "!": "write 'not'",
    "%": "write a fraction, as 0.5 for 50%",
    "-": f"{_NO_ARITHMETIC}, and a text has quotes",
    **dict.fromkeys("+*/", _NO_ARITHMETIC),
    **dict.fromkeys("\"'", _NO_END),
    **dict.fromkeys("\u201c\u201d\u201e\u2018\u2019", _STRAIGHT),
}
"""By how a piece of a text begins that people write out of habit: what to write instead."""

_PIECE: Final = re.compile(r"[\w.:]+|&&|\|\||=>|=<|.", re.DOTALL)


def explained(
    error: UnexpectedInput, before: Token | None, accepted: Collection[str], text: str
) -> InvalidCondition:
    """The error for a text that the parser refuses.

    Args:
        before: the piece in front of the one that does not fit.
        accepted: the terminals of the grammar that would fit there.
    """
    at = _offset(error, text)
    line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
    if _is_unreadable(error):
        found = _PIECE.match(text, at)
        piece = found[0] if found else ""
        hints = (hint for begin, hint in OTHER_LANGUAGES.items() if piece.startswith(begin))
        hint = next(hints, "a number is written 0.5, a time 08:00")
        return refused(f"cannot read {shown(piece)}", line, column, hint)
    after = f" after {_quoted(before)}" if before else ""
    return refused(f"expected {_listed(accepted)}{after}", line, column, _keyword(error, accepted))


def _offset(error: UnexpectedInput, text: str) -> int:
    """Where the piece begins that does not fit, 0-based; the end of the text has none."""
    if isinstance(error, UnexpectedToken) and error.token.type == "$END":
        return len(text.rstrip())
    return error.pos_in_stream or 0


def _is_unreadable(error: UnexpectedInput) -> bool:
    """Whether the piece would fit nowhere in a condition."""
    if not isinstance(error, UnexpectedToken):
        return True
    token: Token = error.token
    return token.type == "WORD" or token.startswith("-")


def _quoted(piece: Token) -> str:
    return str(piece) if piece.type == "STRING" else shown(piece)


def _listed(accepted: Collection[str]) -> str:
    *words, last = list(_words(accepted)) or ["the end of the condition"]
    return f"{', '.join(words)} or {last}" if words else last


def _words(accepted: Collection[str]) -> Iterator[str]:
    """What may stand somewhere. The conditions are in the order of how much they say."""
    if {"NAME", "_NOT"} <= set(accepted):
        yield "a condition"
    elif "NAME" in accepted:
        yield "a name or a value"
    elif "WORD" in accepted:
        yield "the name of a stage or a zone"
    elif "STRING" in accepted:
        yield "a value"
    elif {"COMPARATOR", "_IN"} <= set(accepted):
        yield "a comparison"
    elif "_IN" in accepted:
        yield "'in'"
    elif "LPAR" in accepted:
        yield "'('"
    names = {"_AND": "'and'", "_OR": "'or'", "COMMA": "','", "RPAR": "')'"}
    yield from (word for terminal, word in names.items() if terminal in accepted)


def _keyword(error: UnexpectedInput, accepted: Collection[str]) -> str:
    """Which word was meant by a name that stands where such a word would."""
    if not isinstance(error, UnexpectedToken) or error.token.type != "NAME":
        return ""
    fitting = [word for word in KEYWORDS if f"_{word.upper()}" in accepted]
    similar = difflib.get_close_matches(error.token.lower(), fitting, n=1)
    return f"did you mean {similar[0]!r}?" if similar else ""
