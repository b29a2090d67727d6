"""Counts the streams that ingest refused or ended because of what their clients did."""

from collections.abc import Iterator
from contextlib import contextmanager

from framemesh.core.errors import FramemeshError, InvalidName, leaves
from framemesh.core.identity.errors import Forbidden
from framemesh.core.metrics.frames import INGEST_REFUSALS
from framemesh.ingest.errors import (
    SessionProtocolViolation,
    SessionShared,
    TooManyOfCamera,
    TooManyOfClient,
    TooManyStreams,
)
from framemesh.runtime.jetstream.pipeline_store import PipelineUnknown
from framemesh.runtime.metrics.meter import Meter
from framemesh.runtime.rpc.stream_timeouts import StreamSilent

REASONS: dict[type[BaseException], str] = {
    Forbidden: "forbidden",
    InvalidName: "invalid_name",
    PipelineUnknown: "pipeline_unknown",
    SessionProtocolViolation: "protocol",
    SessionShared: "session_shared",
    StreamSilent: "silent",
    TooManyOfCamera: "too_many_of_camera",
    TooManyOfClient: "too_many_of_client",
    TooManyStreams: "too_many_streams",
}
"""Words of the metric. What ends a stream otherwise is no fault of its client."""


@contextmanager
def counted_refusals(meter: Meter) -> Iterator[None]:
    """Count the error that the body ends with, if it is one of these."""
    try:
        yield
    except (FramemeshError, BaseExceptionGroup) as error:
        errors = leaves(error) if isinstance(error, BaseExceptionGroup) else [error]
        if reason := next((REASONS[type(one)] for one in errors if type(one) in REASONS), ""):
            meter.counter(INGEST_REFUSALS, reason).add()
        raise
