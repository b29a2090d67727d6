"""What can go wrong in a worker, each with what its caller is to do about it."""

from framemesh.core.errors import Code, FramemeshError


class Undecodable(FramemeshError):
    """The bytes of a frame are no picture; trying again would change nothing."""

    code = Code.INVALID
    reason = "undecodable"


class Corrupt(Undecodable):
    """The bytes of a frame are not those that its camera sent."""

    reason = "corrupt"


class TooSlowToDecode(Undecodable):
    """The frame would take, or took, its decoder longer than a frame may."""

    reason = "too_slow_to_decode"


class TooOld(FramemeshError):
    """The frame grew too old before it was sent to the model."""


class AttemptFailed(FramemeshError):
    """An attempt at a frame gave no result; the frame may pass in another one."""

    def __init__(self, reason: str, detail: str) -> None:
        """`reason` is one stable word for the frame's outcome, should it be its last attempt."""
        super().__init__(detail)
        self.reason = reason


class FrameGivenUp(FramemeshError):
    """No further attempt at the frame is made: it is dead."""

    def __init__(self, reason: str, detail: str) -> None:
        """`reason` is one stable word for the frame's outcome."""
        super().__init__(detail)
        self.reason = reason


class InferenceFailed(FramemeshError):
    """The model refused this input, or its answer is not what it declared: trying again would
    change nothing."""

    reason = "inference_failed"


class OutputTooLarge(InferenceFailed):
    """The model answered more than the shared memory of the request holds."""


class TritonUnavailable(FramemeshError):
    """Triton is away, or did not answer in time: the same frame may pass later."""

    code = Code.UNAVAILABLE


class TritonNotReady(TritonUnavailable):
    """Triton was away before anything was asked of it: the frame had no part in that."""


class TritonTimedOut(TritonUnavailable):
    """Triton gave no answer, so it may still be reading the input and writing the outputs."""


class TritonStartFailed(FramemeshError):
    """Our own Triton does not start."""
