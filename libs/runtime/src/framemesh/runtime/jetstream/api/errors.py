"""JetStream's errors by name, each with the code that it has there.

An error of the JSON API has two codes: `err_code` tells one reason from all others, `status` is as
coarse as one of HTTP. Those with a name of their own are answers that a caller acts on. All others
are BrokerUnavailable as well: who called tries again later, and logs why.

`BrokerUnavailable` alone means that no answer came in time.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

from framemesh.core.errors import Code, FramemeshError
from framemesh.runtime.jetstream.connection.broker import BrokerUnavailable

UNAVAILABLE = 503
"""Status: JetStream cannot answer now, for example while its servers elect a leader."""


class ApiError(FramemeshError):
    """JetStream answered with an error."""

    codes: ClassVar[tuple[int, ...]] = ()
    """The values of `err_code` that this class stands for."""

    def __init__(self, subject: str, error: Mapping[str, Any]) -> None:
        """
        Args:
            subject: what was called.
            error: as JetStream's answer has it.
        """
        self.err_code = int(error.get("err_code", 0))
        self.status = int(error.get("code", 0))
        self.description = str(error.get("description", "no reason was given"))
        super().__init__(f"{subject}: {self.description}")


class JetStreamUnavailable(ApiError, BrokerUnavailable):
    """JetStream cannot answer at the moment."""

    code = Code.UNAVAILABLE


class RequestRefused(ApiError, BrokerUnavailable):
    """JetStream refused for a reason without a name here."""

    code = Code.UNAVAILABLE


class StreamNotFound(ApiError):
    """There is no such stream."""

    code = Code.NOT_FOUND
    codes = (10059,)


class ConsumerNotFound(ApiError):
    """The stream has no such consumer."""

    code = Code.NOT_FOUND
    codes = (10014,)


class MessageNotFound(ApiError):
    """The stream has no such message."""

    code = Code.NOT_FOUND
    codes = (10037, 10043, 10057)
    """The last two answer a delete: by a single server, and by one of a cluster."""


class StreamNameInUse(ApiError):
    """A stream of that name exists with another configuration: somebody else was faster."""

    code = Code.CONFLICT
    codes = (10058,)


class WrongLastSequence(ApiError):
    """The last message of the subject is not the one that was expected; nothing is stored."""

    code = Code.CONFLICT
    codes = (10071,)


class WriteInProgress(ApiError, BrokerUnavailable):
    """Another write of the same message id or subject waits for the replicas: it may yet be stored,
    or be lost with the leader that has it."""

    code = Code.UNAVAILABLE
    codes = (10158, 10164)


class NoSuitablePeers(ApiError):
    """No servers can take the stream; the description says what they are short of."""

    code = Code.EXHAUSTED
    codes = (10005,)


class InsufficientResources(ApiError):
    """A limit of the server or the account is reached, or its memory or disk is full."""

    code = Code.EXHAUSTED
    codes = (10023, 10028, 10047)


class StoreFailed(ApiError):
    """The stream does not store the message, as where it would exceed its maximum of bytes."""

    code = Code.EXHAUSTED
    codes = (10077,)

    @property
    def of_stream(self) -> bool:
        """Whether a limit of the stream was reached; else its disk failed, or is full."""
        return "maximum" in self.description


class TooManySubjects(ApiError):
    """More subjects match than a server processes in one request."""

    code = Code.EXHAUSTED


_NAMED: dict[int, type[ApiError]] = {
    err_code: named
    for named in (
        StreamNotFound,
        ConsumerNotFound,
        MessageNotFound,
        StreamNameInUse,
        WrongLastSequence,
        WriteInProgress,
        NoSuitablePeers,
        InsufficientResources,
        StoreFailed,
    )
    for err_code in named.codes
}


def api_error(subject: str, error: Mapping[str, Any]) -> ApiError:
    """The error that an answer's `error` stands for."""
    named = _NAMED.get(error.get("err_code", 0))
    if named is None:
        named = JetStreamUnavailable if error.get("code") == UNAVAILABLE else RequestRefused
    return named(subject, error)


@contextmanager
def retryable(what: str) -> Iterator[None]:
    """For a caller who can only try again, whatever the error: raise BrokerUnavailable in place of
    an ApiError with a name. Its message begins with `what`."""
    try:
        yield
    except BrokerUnavailable:
        raise
    except ApiError as error:
        raise BrokerUnavailable(f"{what}: {error}") from error
