"""What can be wrong with a question to the monitor."""

from framemesh.core.errors import Code, FramemeshError


class LedgerBehind(FramemeshError):
    """The ledger of a pipeline is not read to its end yet."""

    code = Code.UNAVAILABLE


class TooManyMatches(FramemeshError):
    """More messages match than the broker gives at once."""

    code = Code.INVALID


class DeadLetterUnknown(FramemeshError):
    """No such dead letter is kept."""

    code = Code.NOT_FOUND


class InvalidPageToken(FramemeshError):
    """A page is asked for that no answer named."""

    code = Code.INVALID
