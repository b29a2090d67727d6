"""What a data plane raises."""

from framemesh.core.errors import Code, FramemeshError


class StreamFull(FramemeshError):
    """The stream has no room for the message; it is not stored."""

    code = Code.EXHAUSTED


class StreamMissing(FramemeshError):
    """No stream takes the subject."""

    code = Code.NOT_FOUND


class StreamUnavailable(FramemeshError):
    """No answer in time: what was asked for is done, or it is not. It may be asked for again."""

    code = Code.UNAVAILABLE


class AlreadyStored(FramemeshError):
    """The subject of a message that must be the only one there has a message; it is not stored.

    Also said when the one that is there is this very message, whose acknowledgement was lost.
    """

    code = Code.CONFLICT


class PublishRefused(FramemeshError):
    """The message is refused for another reason, such as its size; it is not stored."""


class NotPermitted(FramemeshError):
    """Whoever keeps the streams does not let us do this, until somebody permits it there."""


class ConsumerGone(FramemeshError):
    """The consumer, or its stream, does not exist or was deleted."""

    code = Code.NOT_FOUND


class PullTooSmall(FramemeshError):
    """The next message is larger than all that a pull may have under way: it would never come."""
