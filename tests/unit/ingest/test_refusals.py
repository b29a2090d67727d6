"""Streams that are refused are counted by reason."""

import contextlib

import pytest

from framemesh.core.errors import FramemeshError
from framemesh.core.metrics.frames import INGEST_REFUSALS
from framemesh.ingest.errors import PipelineChanged, SessionProtocolViolation, SessionShared
from framemesh.ingest.limits.refusals import counted_refusals
from framemesh.runtime.metrics.meter import MemoryMeter
from framemesh.runtime.rpc.draining import ServerDraining
from framemesh.runtime.rpc.stream_timeouts import StreamSilent


@pytest.mark.parametrize(
    ("error", "counts"),
    [
        (StreamSilent(), {("silent",): 1}),
        (SessionShared("north/s1/1"), {("session_shared",): 1}),
        (ExceptionGroup("", [SessionProtocolViolation("")]), {("protocol",): 1}),
        (
            ExceptionGroup("", [OSError(), ExceptionGroup("", [SessionShared("north/s1/1")])]),
            {("session_shared",): 1},
        ),
        (PipelineChanged(), {}),
        (ServerDraining(), {}),
        (OSError(), {}),
        (None, {}),
    ],
)
def test_only_what_a_client_did_is_counted(
    error: Exception | None, counts: dict[tuple[str, ...], float]
) -> None:
    meter = MemoryMeter([INGEST_REFUSALS])
    with (
        contextlib.suppress(FramemeshError, OSError, ExceptionGroup),
        counted_refusals(meter),
    ):
        if error:
            raise error
    (measured,) = meter.snapshot()
    assert measured.values == counts
