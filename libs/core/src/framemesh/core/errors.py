"""The root of all errors that framemesh raises on purpose."""

from enum import Enum


class Code(Enum):
    """The kind of an error; the gRPC edge maps it to a status code."""

    INVALID = "invalid"
    NOT_FOUND = "not found"
    CONFLICT = "conflict"
    EXHAUSTED = "exhausted"
    UNAVAILABLE = "unavailable"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    INTERNAL = "internal"


class FramemeshError(Exception):
    """An error with a one-line message that says what is wrong and what to do.

    `code` is the kind of the error; subclasses set their own.
    """

    code = Code.INTERNAL
    permanent = False
    """Whether the same would fail again for as long as nobody changes what was asked for."""
    scarce = False
    """Whether memory, disk or the like was short: that may pass, and others need it meanwhile."""


class InvalidName(FramemeshError):
    """A name has characters or a length that names must not have."""

    code = Code.INVALID


def leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    """The errors of a group, with those of nested groups, as a flat list."""
    found: list[BaseException] = []
    for error in group.exceptions:
        found += leaves(error) if isinstance(error, BaseExceptionGroup) else [error]
    return found
