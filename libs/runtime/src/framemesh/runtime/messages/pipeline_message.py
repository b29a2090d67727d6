"""A pipeline's specification as a protobuf message."""

from collections.abc import Mapping
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message

from framemesh.api.master.v1 import pipeline_pb2
from framemesh.core.documents.document import STORED, read
from framemesh.core.pipeline.delivery import DamagedPictures, DeliverySpec, Order
from framemesh.core.pipeline.rollout_spec import RolloutSpec
from framemesh.core.pipeline.spec import LedgerSpec, PipelineSpec, WorkersSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.core.pipeline.zones import ZoneSpec

_ORDER_TO_PROTO = {
    Order.NONE: pipeline_pb2.ORDER_NONE,
    Order.PER_CAMERA: pipeline_pb2.ORDER_PER_CAMERA,
}
_DAMAGED_TO_PROTO = {
    DamagedPictures.DONE: pipeline_pb2.DAMAGED_PICTURES_DONE,
    DamagedPictures.DEAD: pipeline_pb2.DAMAGED_PICTURES_DEAD,
}
_ENUMS_FROM_PROTO: dict[str, dict[int, Any]] = {
    pipeline_pb2.Order.DESCRIPTOR.full_name: {
        number: order for order, number in _ORDER_TO_PROTO.items()
    },
    pipeline_pb2.DamagedPictures.DESCRIPTOR.full_name: {
        number: fate for fate, number in _DAMAGED_TO_PROTO.items()
    },
}
"""By the name of the enum, what its numbers stand for."""


def from_proto(message: pipeline_pb2.PipelineSpec) -> PipelineSpec:
    """What is left out takes its default.

    Raises:
        InvalidDocument: names the fields that are wrong.
    """
    return read(_set_fields(message), PipelineSpec, "pipeline")


def from_answer(message: pipeline_pb2.PipelineSpec) -> PipelineSpec:
    """That of a master, which has checked it: its conditions are not parsed again.

    Raises:
        InvalidDocument: the master is newer, and has what is not known here.
    """
    return read(_set_fields(message), PipelineSpec, "pipeline", STORED)


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
        workers=_workers_to_proto(spec.workers),
        delivery=_delivery_to_proto(spec.delivery),
        ledger=_ledger_to_proto(spec.ledger),
        rollout=_rollout_to_proto(spec.rollout),
        tracing=pipeline_pb2.Tracing(sample=spec.tracing.sample),
        zones={name: _zone_to_proto(zone) for name, zone in spec.zones.items()},
    )


def _workers_to_proto(workers: WorkersSpec) -> pipeline_pb2.Workers:
    message = pipeline_pb2.Workers(
        min=workers.min,
        max=workers.max,
        cpus=workers.cpus,
        memory=workers.memory,
        gpus=workers.gpus,
        node_labels=workers.node_labels,
    )
    message.objective.age_p99.FromTimedelta(workers.objective.age_p99)
    message.shrink_after.FromTimedelta(workers.shrink_after)
    return message


def _ledger_to_proto(ledger: LedgerSpec) -> pipeline_pb2.Ledger:
    message = pipeline_pb2.Ledger(max_bytes=ledger.max_bytes)
    message.max_age.FromTimedelta(ledger.max_age)
    return message


def _rollout_to_proto(rollout: RolloutSpec) -> pipeline_pb2.Rollout:
    message = pipeline_pb2.Rollout(max_dead=rollout.max_dead, canary=rollout.canary)
    message.deadline.FromTimedelta(rollout.deadline)
    message.watch.FromTimedelta(rollout.watch)
    if rollout.max_age_p99 is not None:
        message.max_age_p99.FromTimedelta(rollout.max_age_p99)
    if rollout.shadow is not None:
        message.shadow.models.update(rollout.shadow.models)
        message.shadow.workers = rollout.shadow.workers
    return message


def _delivery_to_proto(delivery: DeliverySpec) -> pipeline_pb2.Delivery:
    latest, fresh = delivery.latest, delivery.fresh
    message = pipeline_pb2.Delivery(
        order=_ORDER_TO_PROTO[delivery.order],
        high_priority=delivery.high_priority,
        max_attempts=delivery.max_attempts,
        damaged=_DAMAGED_TO_PROTO[delivery.damaged],
    )
    if latest is not None:
        message.latest.frames = latest.frames
    if fresh is not None:
        message.fresh.max_age.FromTimedelta(fresh.max_age)
    return message


def _stage_to_proto(stage: StageSpec) -> pipeline_pb2.Stage:
    tiles = stage.tiles
    return pipeline_pb2.Stage(
        tiles=(
            None
            if tiles is None
            else pipeline_pb2.Tiles(size=tiles.size, overlap=tiles.overlap, whole=tiles.whole)
        ),
        name=stage.name,
        model=stage.model,
        model_version=stage.model_version,
        for_each=stage.for_each,
        after=stage.after,
        when="" if stage.when is None else str(stage.when),
        labels=stage.labels,
        crop_margin=stage.crop_margin,
        max_delay_ms=stage.max_delay_ms,
        follows_promotions=stage.follows_promotions,
    )


def _zone_to_proto(zone: ZoneSpec) -> pipeline_pb2.Zone:
    points = [pipeline_pb2.Corner(x=x, y=y) for x, y in zone.points]
    return pipeline_pb2.Zone(points=points, cameras=zone.cameras)


def _set_fields(message: Message) -> dict[str, Any]:
    """The fields that are set, as the document that the message stands for."""
    return {field.name: _plain(field, value) for field, value in message.ListFields()}


def _plain(field: FieldDescriptor, value: Any) -> Any:
    if field.enum_type is not None:
        # An unknown number is refused when the document is validated.
        return _ENUMS_FROM_PROTO[field.enum_type.full_name].get(value, value)
    if isinstance(value, str | int | float):
        return value
    if isinstance(value, Message):
        return _plain_message(value)
    if isinstance(value, Mapping):
        return {
            key: _plain_message(item) if isinstance(item, Message) else item
            for key, item in value.items()
        }
    return [_plain(field, item) for item in value]


def _plain_message(message: Message) -> Any:
    match message:
        case Duration():
            return message.ToTimedelta()
        case pipeline_pb2.Corner(x=x, y=y):
            return x, y
        case _:
            return _set_fields(message)
