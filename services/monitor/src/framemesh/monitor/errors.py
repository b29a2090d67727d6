"""What can be wrong with a question to the monitor."""

from framemesh.core.errors import Code, FramemeshError


class BookBehind(FramemeshError):
    """The ledger of a pipeline is not read to its end yet."""

    code = Code.UNAVAILABLE
