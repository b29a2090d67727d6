"""What can be wrong with a session."""

from framemesh.core.errors import Code, FramemeshError


class SessionProtocolViolation(FramemeshError):
    """The camera's messages do not follow the protocol of IngestService.Push."""

    code = Code.INVALID


class SessionShared(FramemeshError):
    """Another image came under the id of a frame that is known: two programs send under one
    session."""

    code = Code.CONFLICT

    def __init__(self, frame: str) -> None:
        super().__init__(
            f"frame {frame} was sent before with another image: two programs send under one "
            "session, as after a fork. Give each a session of its own: make the camera in the "
            "process that sends"
        )


class TooManyStreams(FramemeshError):
    """Clients hold as many streams as this ingest lets them."""

    code = Code.EXHAUSTED


class TooManyOfClient(TooManyStreams):
    """One client does."""


class TooManyOfCamera(TooManyStreams):
    """Sessions under one camera's name do."""


class PipelineChanged(FramemeshError):
    """Frames of the pipeline now go elsewhere, or in another order; a session that opens now fits
    it."""

    code = Code.UNAVAILABLE
