"""What a frame brings along for its trace, should that be made at its end."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    """How a frame came to ingest. It travels as a text, which is read only of frames that are
    traced."""

    sent_unix_nano: int = 0
    """When its camera sent it, by the clock of ingest; 0: not known."""
    received_unix_nano: int = 0
    """When ingest had it; 0: not known."""
    sender_span_id: int = 0
    """The span that its sender passed on with it, where ingest put its own in its place."""

    def __str__(self) -> str:
        times = origin_text(self.sent_unix_nano, self.received_unix_nano)
        return f"{times} {self.sender_span_id}" if self.sender_span_id else times

    @classmethod
    def parse(cls, text: str) -> "Origin":
        """The inverse of `str`; of anything else nothing is known."""
        parts = text.split(" ")
        if not 2 <= len(parts) <= 3 or not all(map(str.isdecimal, parts)):
            return cls()
        return cls(*map(int, parts))


def origin_text(sent_unix_nano: int, received_unix_nano: int) -> str:
    """An origin without a sender's span: nearly every frame has one, and to make an object for it
    costs three times as much."""
    return f"{sent_unix_nano} {received_unix_nano}"
