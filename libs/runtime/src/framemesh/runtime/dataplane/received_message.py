"""A message that a stream delivered, and what one can answer."""

from collections.abc import Mapping
from typing import Protocol


class ReceivedMessage(Protocol):
    """One delivery of one message.

    The message is delivered again, to whoever pulls then, when its consumer's ack wait is over
    without an answer, or when it is given back. It comes as often as it takes.

    An answer is sent and not waited for. It blocks while the connection takes nothing, for seconds
    at most, and raises nothing: an answer that is lost is no answer, so the message comes again.
    Answers are about the message: one to an earlier delivery is good for all that came since. The
    first `ack` or `discard` is final, and every answer after it is ignored.
    """

    @property
    def subject(self) -> str:
        """Where the message was published."""
        ...

    @property
    def payload(self) -> bytes:
        """What it was published with, unchanged."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """Those that it was stored with; its id, if it has one, is among them as ID_HEADER."""
        ...

    @property
    def attempt(self) -> int:
        """1 for the first delivery, one more for each since."""
        ...

    @property
    def sequence(self) -> int:
        """Of the message in its stream: larger than that of every message before it."""
        ...

    @property
    def stored_unix_nano(self) -> int:
        """When the stream took it."""
        ...

    async def in_progress(self) -> None:
        """Say that it is being worked on: its ack wait begins anew."""
        ...

    async def ack(self) -> None:
        """Say that it is done with, for good. A work queue forgets it."""
        ...

    async def discard(self, reason: str) -> None:
        """Say that nobody can ever make anything of it. Does what `ack` does, and tells why."""
        ...

    async def nak(self, after_seconds: float = 0) -> None:
        """Say that somebody else may have it, after a pause."""
        ...
