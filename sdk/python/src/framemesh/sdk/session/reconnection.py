"""What follows the end of a stream: the next one after a pause, or giving up."""

import logging
import math
import random

import grpc

from framemesh.sdk.errors import (
    CameraRefused,
    CertificatesRefused,
    FramemeshSdkError,
    IngestUnreachable,
    MonitorUnreachable,
    PipelineUnknown,
)
from framemesh.sdk.session.options import Target

log = logging.getLogger(__name__)

FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 2.0

OPENING_SECONDS = 10.0
"""How long one attempt may take from the call to the first response of ingest."""

LEAST_ATTEMPT_SECONDS = 1.0
"""However many addresses there are: a network round the world, and a busy server."""

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

    def __init__(
        self,
        target: Target,
        connect_timeout: float,
        jitter: random.Random,
        service: str = "ingest",
        *,
        renews_token: bool = False,
    ) -> None:
        """`renews_token`: whether the next stream may show another token."""
        self._target = target
        self._service = service
        self._renews_token = renews_token
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
        self.connections = 0
        """Streams that were open."""
        self.last_error = ""
        """Why the last stream ended that did not end well."""

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
            return self._attempt_seconds
        return min(self._attempt_seconds, max(0.0, self._deadline - now))

    @property
    def _attempt_seconds(self) -> float:
        """One address that does not answer leaves time for the others."""
        first = self._deadline is not None
        whole = min(OPENING_SECONDS, self._connect_timeout) if first else OPENING_SECONDS
        return max(whole / len(self._target.addresses), min(whole, LEAST_ATTEMPT_SECONDS))

    def opened(self) -> None:
        """A stream is open; the next ones have no deadline."""
        if self._broken:
            log.warning(
                "camera %s: connected%s", self._target.camera, " again" * (self.connections > 0)
            )
        self._deadline, self._broken = None, False
        self.connections += 1

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
        if code in _FINAL and not self._may_be_renewed(code):
            raise self._refusal(code, details)
        if code is not grpc.StatusCode.CANCELLED:  # our own time-out explains nothing
            self._why = self.last_error = fault or details or code.name
            self._fault = fault
        pause = self._jitter.uniform(0.5, 1.0) * self._pause
        self._move_on()
        if self._deadline is None or self._deadline == math.inf:
            self._log_break()
            return pause
        if now >= self._deadline:
            if self._fault:
                raise CertificatesRefused(
                    f"no connection to {self._service} within {self._connect_timeout:g} s: "
                    f"{self._fault}"
                )
            unreachable = IngestUnreachable if self._service == "ingest" else MonitorUnreachable
            raise unreachable(
                f"no connection to {self._service} at {self._target.address} within "
                f"{self._connect_timeout:g} s ({self._why}): is it running, is this its address?"
            )
        return min(pause, self._deadline - now)

    def _may_be_renewed(self, code: grpc.StatusCode) -> bool:
        """Whether the token of a camera that was let in before has ended, and another may come."""
        ended = code is grpc.StatusCode.UNAUTHENTICATED and self._renews_token
        return ended and self._deadline is None

    def _move_on(self) -> None:
        """To the next address; the pauses grow once all of them were tried."""
        self._next = (self._next + 1) % len(self._target.addresses)
        self._tried += 1
        if self._tried % len(self._target.addresses) == 0:
            self._pause = min(2 * self._pause, LONGEST_PAUSE_SECONDS)

    def _refusal(self, code: grpc.StatusCode, details: str) -> FramemeshSdkError:
        target = self._target
        if code is grpc.StatusCode.NOT_FOUND:
            return PipelineUnknown(
                f"{self._service} at {target.address}: {details or 'no such pipeline'}"
            )
        return CameraRefused(
            f"{self._service} at {target.address} refuses camera {target.camera!r} of pipeline "
            f"{target.pipeline!r}: {details or code.name}"
        )

    def _log_break(self) -> None:
        if not self._broken:
            log.warning(
                "camera %s: the stream to %s at %s broke (%s); trying again"
                if self.connections
                else "camera %s: no connection to %s at %s (%s); trying again",
                self._target.camera,
                self._service,
                self._target.address,
                self._why,
            )
        self._broken = True
