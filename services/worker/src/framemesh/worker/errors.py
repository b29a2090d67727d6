"""The errors of a worker, each with what it means for the frame."""

from framemesh.core.errors import Code, FramemeshError


class Undecodable(FramemeshError):
    """The bytes of a frame are no image that can be decoded; trying again would change nothing."""

    code = Code.INVALID
    reason = "undecodable"


class Corrupt(Undecodable):
    """The bytes of a frame are not those that its camera sent."""

    reason = "corrupt"


class Damaged(Undecodable):
    """Part of the image is lost, and its pipeline wants no such frame."""

    reason = "damaged"


class TooSlowToDecode(Undecodable):
    """Decoding the frame would take, or took, longer than a frame may."""

    reason = "too_slow_to_decode"


class TooManyTiles(Undecodable):
    """The image has more tiles than a frame may have."""

    reason = "too_many_tiles"


class TooOld(FramemeshError):
    """The frame grew too old before it was sent to the model."""


class BetterAlone(FramemeshError):
    """The frame was not worked on: it is so large that others would wait for it."""


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
    permanent = True


class OutputTooLarge(InferenceFailed):
    """The model answered more than the shared memory of the request holds."""


class TritonUnavailable(FramemeshError):
    """Triton is not reachable, or did not answer in time: the same frame may pass later."""

    code = Code.UNAVAILABLE


class TritonNotReady(TritonUnavailable):
    """Triton was known to be down before the frame was sent: the frame is not the cause."""


class TritonTimedOut(TritonUnavailable):
    """Triton did not answer in time, and may still read the input and write the outputs."""


class TritonStartFailed(FramemeshError):
    """Our own Triton does not start, or does not load a model."""

    permanent = True


class TritonShortOfResources(TritonStartFailed):
    """Our own Triton, or one of its models, does not start for want of memory, disk or the like."""

    permanent = False
    scarce = True


class TritonStartTooSlow(TritonStartFailed):
    """Our own Triton does not answer in time: on a less busy machine it may."""

    permanent = False
