"""What somebody may have meant who misspelt a name."""

import difflib
from collections.abc import Collection

MAX_SHOWN = 20
"""Of the names that exist, in a message."""


def meant(name: str, known: Collection[str], also: Collection[str] = ()) -> str:
    """What follows a wrong name in a message: similar ones, of `also` too, else those that there
    are."""
    by_lower = {each.lower(): each for each in (*known, *also)}
    similar = difflib.get_close_matches(name.lower(), by_lower, n=2)
    if similar:
        return f"did you mean {' or '.join(repr(by_lower[each]) for each in similar)}?"
    if not known:
        return "there are none"
    more = f" and {len(known) - MAX_SHOWN} more" if len(known) > MAX_SHOWN else ""
    return f"there are {', '.join(list(known)[:MAX_SHOWN])}{more}"
