"""What a data plane raises."""

from framemesh.core.errors import Code, FramemeshError


class StreamFull(FramemeshError):
    """The stream has no room for the message; it is not stored."""

    code = Code.EXHAUSTED


class BrokerFull(StreamFull):
    """The broker has no room, or its disk failed; the stream itself may take more. Room that is
    made in the stream is not known to help."""


class StreamMissing(FramemeshError):
    """No stream takes the subject."""

    code = Code.NOT_FOUND


class StreamUnavailable(FramemeshError):
    """No answer in time: the request was carried out or not. It may be sent again."""

    code = Code.UNAVAILABLE


class AlreadyStored(FramemeshError):
    """The message must be the only one of its subject, which has one already; it is not stored.

    The one that is there may be this very message, whose acknowledgement was lost.
    """

    code = Code.CONFLICT


class PublishRefused(FramemeshError):
    """The message was refused for another reason, such as its size; it is not stored."""


class NotPermitted(FramemeshError):
    """This user lacks a permission in the broker."""


class ConsumerGone(FramemeshError):
    """The consumer, or its stream, does not exist or was deleted."""

    code = Code.NOT_FOUND


class PullTooSmall(FramemeshError):
    """The next message is larger than the byte limit of the pull, and would never come."""
