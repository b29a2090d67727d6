"""What a check found."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from framemesh.cli.doctor.surroundings import Surroundings


class Status(Enum):
    GOOD = "good"
    NOTE = "note"
    """Not there, and not needed by everybody."""
    WARNING = "warning"
    """It works, and may not for long, or not for all."""
    PROBLEM = "problem"
    """Something does not work, or would not."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    status: Status
    words: str
    """What was found, in one line."""
    remedy: str = ""
    """What to do, in one line; empty where nothing is to be done."""


def good(words: str) -> Finding:
    return Finding(Status.GOOD, words)


def note(words: str, remedy: str = "") -> Finding:
    return Finding(Status.NOTE, words, remedy)


def warning(words: str, remedy: str) -> Finding:
    return Finding(Status.WARNING, words, remedy)


def problem(words: str, remedy: str) -> Finding:
    return Finding(Status.PROBLEM, words, remedy)


@dataclass(frozen=True, slots=True)
class Check:
    """One row of the table of checks."""

    name: str
    examine: Callable[[Surroundings], Awaitable[Sequence[Finding]]]
    """It changes nothing. An error of ours that it raises is what it found."""
    seconds: float = 5.0
    """After which it is given up: something hangs."""
