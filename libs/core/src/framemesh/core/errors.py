"""The root of all errors that framemesh raises on purpose."""

from enum import Enum


class Code(Enum):
    """What kind of answer an error calls for; the gRPC edge turns it into a status."""

    INVALID = "invalid"
    NOT_FOUND = "not found"
    CONFLICT = "conflict"
    EXHAUSTED = "exhausted"
    UNAVAILABLE = "unavailable"
    INTERNAL = "internal"


class FramemeshError(Exception):
    """An error with one clear line for the person who can mend it.

    `code` says what kind of answer it calls for; subclasses set their own.
    """

    code = Code.INTERNAL


class InvalidName(FramemeshError):
    """A name does not follow the grammar of names."""

    code = Code.INVALID


def leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    """The errors of a group, and of the groups in it, one by one."""
    found: list[BaseException] = []
    for error in group.exceptions:
        found += leaves(error) if isinstance(error, BaseExceptionGroup) else [error]
    return found
