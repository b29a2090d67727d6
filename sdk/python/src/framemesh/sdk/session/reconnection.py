"""What follows the end of a stream: the next one after a pause, or giving up."""

import logging
import random

import grpc

from framemesh.sdk.errors import (
    CameraRefused,
    CertificatesRefused,
    FramemeshSdkError,
    IngestUnreachable,
    PipelineUnknown,
)
from framemesh.sdk.session.options import Target

log = logging.getLogger(__name__)

FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 2.0

OPENING_SECONDS = 10.0
"""How long one attempt may take from the call to the first response of ingest."""

# With any other status the next stream may succeed: a restart, a drain, a network that was cut.
_FINAL = frozenset(
    {
        grpc.StatusCode.INVALID_ARGUMENT,
        grpc.StatusCode.NOT_FOUND,
        grpc.StatusCode.ALREADY_EXISTS,
        grpc.StatusCode.PERMISSION_DENIED,
        grpc.StatusCode.UNAUTHENTICATED,
        grpc.StatusCode.FAILED_PRECONDITION,
        grpc.StatusCode.OUT_OF_RANGE,
        grpc.StatusCode.UNIMPLEMENTED,
    }
)


class ReconnectPolicy:
    """When one camera opens its next stream. Times are of a monotonic clock, in seconds."""

    def __init__(self, target: Target, connect_timeout: float, jitter: random.Random) -> None:
        self._target = target
        self._connect_timeout = connect_timeout
        self._deadline: float | None = None
        """For the first stream to be open; None: none was begun, or one was open."""
        self._jitter = jitter
        self._next = 0
        self._pause = FIRST_PAUSE_SECONDS
        self._tried = 0
        """How many addresses were tried since the last stream that answered."""
        self._broken = False
        self._why = "it does not answer"
        self._fault = ""
        """What is wrong with certificates."""

    @property
    def address(self) -> str:
        """Of the ingest for the next stream."""
        return self._target.addresses[self._next]

    def start(self, now: float) -> None:
        """The first stream is about to be opened."""
        self._deadline = now + self._connect_timeout

    def opening_seconds(self, now: float) -> float:
        """How long the attempt that begins now may take until the stream is open."""
        if self._deadline is None:
            return OPENING_SECONDS
        return min(OPENING_SECONDS, max(0.0, self._deadline - now))

    def opened(self) -> None:
        """A stream is open; the next ones have no deadline."""
        if self._broken:
            log.warning("camera %s: connected again", self._target.camera)
        self._deadline, self._broken = None, False

    def progressed(self) -> None:
        """A frame was answered: the next break is a new one, and its first pause is short."""
        self._pause, self._tried = FIRST_PAUSE_SECONDS, 0

    def pause(self, code: grpc.StatusCode, details: str, now: float, fault: str = "") -> float:
        """A stream ended with this status: how many seconds to wait before the next.

        Raises:
            PipelineUnknown, CameraRefused: the next stream would end the same way.
            CertificatesRefused: as below, and `fault` says what is wrong with certificates.
            IngestUnreachable: there was no stream within `connect_timeout`.
        """
        if code in _FINAL:
            raise self._refusal(code, details)
        if code is not grpc.StatusCode.CANCELLED:  # our own time-out explains nothing
            self._why, self._fault = fault or details or code.name, fault
        pause = self._jitter.uniform(0.5, 1.0) * self._pause
        self._move_on()
        if self._deadline is None:
            self._log_break()
            return pause
        if now >= self._deadline:
            if self._fault:
                raise CertificatesRefused(
                    f"no connection to ingest within {self._connect_timeout:g} s: {self._fault}"
                )
            raise IngestUnreachable(
                f"no connection to ingest at {self._target.address} within "
                f"{self._connect_timeout:g} s ({self._why}): is it running, is this its address?"
            )
        return min(pause, self._deadline - now)

    def _move_on(self) -> None:
        """To the next address; the pauses grow once all of them were tried."""
        self._next = (self._next + 1) % len(self._target.addresses)
        self._tried += 1
        if self._tried % len(self._target.addresses) == 0:
            self._pause = min(2 * self._pause, LONGEST_PAUSE_SECONDS)

    def _refusal(self, code: grpc.StatusCode, details: str) -> FramemeshSdkError:
        target = self._target
        if code is grpc.StatusCode.NOT_FOUND:
            return PipelineUnknown(f"ingest at {target.address}: {details or 'no such pipeline'}")
        return CameraRefused(
            f"ingest at {target.address} refuses camera {target.camera!r} of pipeline "
            f"{target.pipeline!r}: {details or code.name}"
        )

    def _log_break(self) -> None:
        if not self._broken:
            log.warning(
                "camera %s: the stream to ingest at %s broke (%s); trying again",
                self._target.camera,
                self._target.address,
                self._why,
            )
        self._broken = True
