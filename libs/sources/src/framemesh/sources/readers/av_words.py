"""FFmpeg's errors in the words of a person who can mend them."""

import av
import av.error

from framemesh.sources.errors import SourceFailed, SourceTimedOut, SourceUnreadable
from framemesh.sources.locations import shown
from framemesh.sources.secrets import scrubbed
from framemesh.sources.spec import Kind, SourceSpec

_WORDS: tuple[tuple[type[BaseException], str], ...] = (
    (ConnectionRefusedError, "refuses the connection: is it on, and is the port right?"),
    (av.error.HTTPUnauthorizedError, "wants another user or password (401)"),
    (av.error.HTTPForbiddenError, "does not allow this user to see the stream (403)"),
    (av.error.HTTPNotFoundError, "has no such stream (404): is the path of the URL right?"),
    (av.error.HTTPServerError, "answers with an error of its own (5xx)"),
    (av.error.HTTPClientError, "takes the request for a wrong one (4xx)"),
    (ConnectionResetError, "closed the connection"),
    (BrokenPipeError, "closed the connection"),
    (PermissionError, "may not be read by this user"),
    (FileNotFoundError, "is not there"),
    (av.error.ProtocolNotFoundError, "has a protocol that FFmpeg does not know"),
    (av.error.EOFError, "closed the connection"),
)

_TIMEOUTS = (av.error.ExitError, TimeoutError)
"""The first is how PyAV's own timeouts end a call."""

_UNREADABLE = (av.error.InvalidDataError, av.error.DecoderNotFoundError, IndexError)


def opening_error(spec: SourceSpec, error: BaseException, seconds: float) -> Exception:
    """Why a source cannot be opened, after so many seconds."""
    name = shown(spec)
    # FFmpeg has other names for what it was doing when the time was over.
    over = spec.kind.may_hang and seconds >= spec.open_seconds
    if over or isinstance(error, _TIMEOUTS):
        return SourceTimedOut(f"{name} did not answer within {spec.open_seconds:g} s")
    for kind, words in _WORDS:
        if isinstance(error, kind):
            return SourceFailed(f"{name} {words}")
    if spec.kind is Kind.WEBCAM:
        return SourceFailed(
            f"there is no {name}, or another program has it: {_detail(spec, error)}"
        )
    if isinstance(error, _UNREADABLE) and spec.kind in {Kind.FILE, Kind.STDIN}:
        return SourceUnreadable(f"{name} is no video that FFmpeg reads, and no image")
    return SourceFailed(f"{name} cannot be opened: {_detail(spec, error)}")


def reading_error(spec: SourceSpec, error: BaseException) -> Exception:
    """Why an open source breaks off."""
    name = shown(spec)
    if isinstance(error, _TIMEOUTS):
        return SourceTimedOut(f"{name} sent nothing for {spec.stall_seconds:g} s")
    for kind, words in _WORDS:
        if isinstance(error, kind):
            return SourceFailed(f"{name} {words}")
    return SourceFailed(f"{name} broke off: {_detail(spec, error)}")


def _detail(spec: SourceSpec, error: BaseException) -> str:
    """What FFmpeg logged last says more than its code."""
    said = getattr(error, "strerror", None) or str(error) or type(error).__name__
    log = getattr(error, "log", None)
    if log and log[1]:
        said = f"{said} ({log[1][2].strip()})"
    return scrubbed(said, spec.password).splitlines()[0]
