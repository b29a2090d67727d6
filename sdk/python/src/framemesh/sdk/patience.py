"""What a camera says when its waiting is over, and how long it waits when something went wrong."""

from framemesh.sdk.errors import FramemeshSdkError, IngestUnreachable, NoCredit
from framemesh.sdk.session import Session
from framemesh.sdk.target import Target

INTERRUPTED_SECONDS = 2.0
"""What a camera that is interrupted (Ctrl-C, a cancelled task) waits for acknowledgements."""


def send_timed_out(target: Target, session: Session, seconds: float | None) -> FramemeshSdkError:
    """Why a frame got no credit for so long."""
    if not session.is_open:
        return IngestUnreachable(
            f"no connection to ingest at {target.address} for {seconds:g} s: is it running? The "
            "frame was not taken; send it again"
        )
    return NoCredit(
        f"ingest at {target.address} took no frame of camera {target.camera!r} for {seconds:g} s: "
        "is the buffer of the pipeline full? `framemesh status` shows it. The frame was not "
        "taken; send it again"
    )


def closing_seconds(error: BaseException, close_timeout: float) -> float:
    """How long to wait for acknowledgements after the body of a `with` raised `error`."""
    if isinstance(error, Exception):
        return close_timeout
    return min(close_timeout, INTERRUPTED_SECONDS)
