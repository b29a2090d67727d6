"""Waiting until a pipeline runs as it was applied."""

import time
from collections.abc import Callable, Sequence

import grpc

from framemesh.api.master.v1 import pipeline_pb2, pipeline_pb2_grpc
from framemesh.cli.common.calls import ANSWER_TIMEOUT_SECONDS, nobody_leads
from framemesh.core.errors import FramemeshError

POLL_SECONDS = 0.2
"""Between two questions to the master: a person takes it for at once."""


class PipelineNotReady(FramemeshError):
    """A pipeline does not run as it was applied, and the time to wait for it is over."""


def wait_until_ready(
    stub: pipeline_pb2_grpc.PipelineServiceStub,
    applied: pipeline_pb2.Pipeline,
    seconds: float,
    tell: Callable[[Sequence[pipeline_pb2.Condition]], None],
) -> pipeline_pb2.Pipeline:
    """Return once a worker of the pipeline's newest revision is ready, or none is wanted.

    Until then `tell` is called with what holds of it, again and again.

    Raises:
        PipelineNotReady: it does not run after `seconds`, with what keeps it from it; or the
            revision that was applied was rolled back.
    """
    name = applied.spec.name
    request = pipeline_pb2.GetPipelineRequest(name=name)
    end = time.monotonic() + seconds
    while True:
        try:
            found = stub.GetPipeline(request, timeout=ANSWER_TIMEOUT_SECONDS).pipeline
        except grpc.RpcError as error:
            # Another one will lead, and go on with the pipeline.
            if not nobody_leads(error) or time.monotonic() > end:
                raise
            time.sleep(POLL_SECONDS)
            continue
        if found.revision < applied.revision:
            raise PipelineNotReady(found.trouble or f"pipeline {name} was rolled back")
        if found.current_workers or not found.wanted_workers:
            return found
        tell(found.conditions)
        if time.monotonic() > end:
            holds = "; ".join(each.message for each in found.conditions)
            why = found.trouble or holds or "no worker is ready, and none has reported a problem"
            raise PipelineNotReady(
                f"pipeline {name} does not run after {seconds:.0f} s: {why}; it stays applied"
            )
        time.sleep(POLL_SECONDS)
