"""How a pipeline looks on a terminal."""

from collections.abc import Iterator

from framemesh.api.master.v1 import pipeline_pb2


def stages(spec: pipeline_pb2.PipelineSpec) -> str:
    """The stages and their models, in one line."""
    return ", ".join(f"{each.name} ({each.model} {each.model_version})" for each in spec.stages)


def lines(pipeline: pipeline_pb2.Pipeline) -> Iterator[str]:
    """What is known of one pipeline."""
    spec = pipeline.spec
    yield f"pipeline {spec.name}, revision {pipeline.revision}"
    yield f"  stages   {stages(spec)}"
    yield f"  workers  {pipeline.current_workers} of {spec.workers.min} ready{_earlier(pipeline)}"
    if pipeline.trouble:
        yield f"  trouble  {pipeline.trouble}"


def _earlier(pipeline: pipeline_pb2.Pipeline) -> str:
    earlier = pipeline.ready_workers - pipeline.current_workers
    return f", {earlier} of an earlier revision" if earlier > 0 else ""
