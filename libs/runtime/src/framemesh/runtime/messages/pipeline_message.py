"""A pipeline's specification as a protobuf message."""

from typing import Any

from google.protobuf.message import Message

from framemesh.api.master.v1 import pipeline_pb2
from framemesh.core.document import read
from framemesh.core.pipeline import PipelineSpec, StageSpec


def from_proto(message: pipeline_pb2.PipelineSpec) -> PipelineSpec:
    """What is left out takes its default.

    Raises:
        InvalidDocument: names the fields that are wrong.
    """
    return read(_set_fields(message), PipelineSpec, "pipeline")


def to_proto(spec: PipelineSpec) -> pipeline_pb2.PipelineSpec:
    buffer = spec.buffer
    return pipeline_pb2.PipelineSpec(
        name=spec.name,
        stages=[_stage_to_proto(stage) for stage in spec.stages],
        buffer=pipeline_pb2.Buffer(
            streams=buffer.streams,
            shards=buffer.shards,
            replicas=buffer.replicas,
            max_bytes=buffer.max_bytes,
        ),
        workers=pipeline_pb2.Workers(min=spec.workers.min),
    )


def _stage_to_proto(stage: StageSpec) -> pipeline_pb2.Stage:
    return pipeline_pb2.Stage(
        name=stage.name,
        model=stage.model,
        model_version=stage.model_version,
        crops_of=stage.crops_of,
        labels=stage.labels,
        max_delay_ms=stage.max_delay_ms,
    )


def _set_fields(message: Message) -> dict[str, Any]:
    """The fields that are set, as the document that the message stands for."""
    return {field.name: _plain(value) for field, value in message.ListFields()}


def _plain(value: Any) -> Any:
    if isinstance(value, Message):
        return _set_fields(value)
    if isinstance(value, str | int | float):
        return value
    return [_plain(item) for item in value]
