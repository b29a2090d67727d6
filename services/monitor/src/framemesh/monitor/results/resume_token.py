"""Where a watcher of results was, as a text that it sends to go on there."""

import re
from dataclasses import dataclass
from hashlib import blake2b

from framemesh.core.errors import Code, FramemeshError

_TOKEN = re.compile(r"([0-9a-f]{8})-([0-9]{1,20})")


class InvalidResumeToken(FramemeshError):
    """A resume token that no response had."""

    code = Code.INVALID


class ResultsReplaced(FramemeshError):
    """The results that a resume token belongs to are gone with their pipeline."""

    code = Code.CONFLICT


@dataclass(frozen=True, slots=True)
class ResumeToken:
    """A place in a ledger's stream."""

    stream: str
    """Digest of the time of its creation: a stream that was created again is another one."""
    sequence: int
    """Of the last message that the watcher has."""

    @classmethod
    def of(cls, stream_created: str, sequence: int) -> "ResumeToken":
        return cls(blake2b(stream_created.encode(), digest_size=4).hexdigest(), sequence)

    @classmethod
    def parse(cls, text: str) -> "ResumeToken":
        """
        Raises:
            InvalidResumeToken: `str` of no token is this text.
        """
        found = _TOKEN.fullmatch(text)
        if found is None:
            raise InvalidResumeToken(
                f"resume_token: {text[:80]!r} is from no response: send one as it came, or none"
            )
        return cls(found[1], int(found[2]))

    def resume_after(self, stream_created: str, last: int) -> int:
        """The sequence number to go on after, in the stream created then, whose last is `last`.

        Raises:
            ResultsReplaced: it is another stream.
        """
        if self != ResumeToken.of(stream_created, self.sequence):
            raise ResultsReplaced(
                "the pipeline of this resume_token was deleted: watch without resume_token"
            )
        # A broker that lost power lost its last messages, and gives their numbers away again.
        return min(self.sequence, last)

    def __str__(self) -> str:
        return f"{self.stream}-{self.sequence}"
