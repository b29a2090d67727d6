"""What can be wrong with a session."""

from framemesh.core.errors import Code, FramemeshError


class SessionProtocolViolation(FramemeshError):
    """The camera's messages do not follow the protocol of IngestService.Push."""

    code = Code.INVALID


class TooManySessions(FramemeshError):
    """Clients hold as many streams as this ingest lets them."""

    code = Code.EXHAUSTED


class PipelineChanged(FramemeshError):
    """Frames of the pipeline now go elsewhere, or in another order; a session that opens now fits
    it."""

    code = Code.UNAVAILABLE
