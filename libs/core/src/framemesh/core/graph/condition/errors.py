"""What a text that is no condition is refused with."""

from framemesh.core.errors import Code, FramemeshError


class InvalidCondition(FramemeshError):
    """A text is not a condition; the message says what is wrong, at which column, in one line."""

    code = Code.INVALID
    permanent = True
