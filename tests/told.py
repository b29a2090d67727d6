"""The lines that docs/bad-input.md promises for bad input, so that tests hold the page to them."""

import re
from collections.abc import Awaitable, Callable
from functools import cache
from pathlib import Path

from tests.command_line import COMMAND_SECONDS, Ended
from tests.waiting import eventually

PAGE = Path(__file__).parents[1] / "docs/bad-input.md"

_ROW = re.compile(r"\| (?P<input>[^|`]+) \| `(?P<command>[^|]+)` \| `(?P<line>[^|]+)` \| [^|]+ \|")
_PLACE = re.compile(r"\\\{\w+\\\}")
"""What differs from one mesh to another stands in braces, here as `re.escape` writes it."""


@cache
def lines() -> dict[str, re.Pattern[str]]:
    """What the page says of each input: the line as it is printed."""
    found = {}
    for row in PAGE.read_text().splitlines():
        if match := _ROW.fullmatch(row):
            found[match["input"]] = re.compile(_PLACE.sub(".+?", re.escape(match["line"])))
    return found


def is_told(bad_input: str, line: str) -> bool:
    """Whether this is the line that the page has for an input."""
    return lines()[bad_input].fullmatch(line) is not None


async def eventually_refused(bad_input: str, run: Callable[[], Awaitable[Ended]]) -> None:
    """A command that waits a moment ends with the line of an input, at the latest when it is run
    again: on a busy machine it may have been too early to tell."""

    def told(ended: Ended) -> bool:
        return any(is_told(bad_input, line) for line in ended.error.splitlines())

    assert_refused(bad_input, await eventually(run, COMMAND_SECONDS, until=told))


def assert_refused(bad_input: str, ended: Ended) -> None:
    """Status 1, and on standard error what the page says as its last line, which is the only one
    that tells of an error; no traceback."""
    *others, last = ended.error.splitlines()
    assert ended.status == 1
    assert is_told(bad_input, last), last
    assert not any(line.startswith(("error", "Traceback")) for line in others), ended.error
