"""A message received from a consumer, and the answers to it."""

from collections.abc import Mapping
from typing import Protocol


class ReceivedMessage(Protocol):
    """One delivery attempt of one message.

    The message is redelivered, to any consumer that pulls, when the ack wait of its consumer ends
    without an answer, or after `nak`. There is no limit to redeliveries.

    Answers are sent without a confirmation. They block while the connection takes nothing, for
    seconds at most, and raise nothing: a lost answer counts as none, so the message is redelivered.
    An answer to an earlier attempt is valid for all later ones. The first `ack` or `discard` is
    final; answers after it are ignored.
    """

    @property
    def subject(self) -> str:
        """The subject that it was published to."""
        ...

    @property
    def payload(self) -> bytes:
        """As it was published."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """The stored headers; the message id, if it has one, is under ID_HEADER."""
        ...

    @property
    def attempt(self) -> int:
        """1 for the first delivery, 2 for the first redelivery, and so on."""
        ...

    @property
    def sequence(self) -> int:
        """Sequence number in the stream, higher than those of all earlier messages."""
        ...

    @property
    def stored_unix_nano(self) -> int:
        """When the stream stored it, in Unix nanoseconds."""
        ...

    async def in_progress(self) -> None:
        """Restart the ack wait, because work on the message continues."""
        ...

    async def ack(self) -> None:
        """Confirm the message for good. A work queue deletes it."""
        ...

    async def discard(self, reason: str) -> None:
        """Like `ack`, for a message that nobody can process; the broker publishes the reason."""
        ...

    async def nak(self, after_seconds: float = 0) -> None:
        """Have it redelivered after a pause, here or elsewhere."""
        ...
