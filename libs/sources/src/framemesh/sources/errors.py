"""How a source ends, other than by its own end."""

from framemesh.core.errors import Code, FramemeshError


class SourceUnreadable(FramemeshError):
    """What was named holds no frames, or is of no supported kind."""

    code = Code.INVALID
    permanent = True


class SourceFailed(FramemeshError):
    """A source broke off: refused, closed, damaged."""

    code = Code.UNAVAILABLE


class SourceTimedOut(FramemeshError):
    """A source gave nothing for too long."""

    code = Code.UNAVAILABLE


class SourceIncomplete(FramemeshError):
    """A file gave fewer frames than it declares; those that it gave were delivered."""

    code = Code.INVALID


class BadSecret(FramemeshError):
    """A password cannot be had from where it is said to be."""

    code = Code.INVALID
