"""What a pipeline is to be: its stages, its buffer, its workers."""

from dataclasses import dataclass, field
from typing import Annotated

from pydantic import ByteSize, ConfigDict, Field

from framemesh.core.documents.document import InvalidDocument, Problem
from framemesh.core.names import Name
from framemesh.core.pipeline.delivery import Delivery, DeliverySpec

_STRICT = ConfigDict(extra="forbid")

GIB = ByteSize(1024**3)

MIN_STREAM_BYTES = 16 * 1024**2
"""Two frames of the largest size; one that fits into no empty stream would wait for ever."""

MAX_STREAMS = 16
MAX_SHARDS = 64
"""Of one stream; a broker spends one consumer on each."""


@dataclass(frozen=True, slots=True)
class StageSpec:
    """One model call of a pipeline."""

    __pydantic_config__ = _STRICT

    name: Name
    model: Name
    model_version: Annotated[int, Field(ge=0)] = 0
    """0 asks for the newest that is registered when the pipeline is applied."""
    crops_of: str = ""
    """The earlier stage whose boxes are cut out and looked at; empty: the whole frame."""
    labels: tuple[str, ...] = ()
    """Only crops with one of these labels; empty: all."""
    max_delay_ms: Annotated[int, Field(ge=0, le=1000)] = 5
    """How long a frame may wait for others, to share a request to the model with them."""


@dataclass(frozen=True, slots=True)
class BufferSpec:
    """The durable buffer of a pipeline: streams, each cut into shards."""

    __pydantic_config__ = _STRICT

    streams: Annotated[int, Field(ge=1, le=MAX_STREAMS)] = 1
    shards: Annotated[int, Field(ge=1, le=MAX_SHARDS)] = 4
    """Of each stream."""
    replicas: Annotated[int, Field(ge=1, le=5)] = 1
    max_bytes: Annotated[ByteSize, Field(ge=MIN_STREAM_BYTES)] = GIB
    """Of all streams together."""

    @property
    def total_shards(self) -> int:
        return self.streams * self.shards


@dataclass(frozen=True, slots=True)
class WorkersSpec:
    """How many workers a pipeline has."""

    __pydantic_config__ = _STRICT

    min: Annotated[int, Field(ge=0, le=1000)] = 1


@dataclass(frozen=True, slots=True)
class PipelineSpec:
    """A pipeline as its owner declares it."""

    __pydantic_config__ = _STRICT

    name: Name
    stages: Annotated[tuple[StageSpec, ...], Field(min_length=1)]
    buffer: BufferSpec = field(default_factory=BufferSpec)
    delivery: Delivery = field(default_factory=DeliverySpec)
    workers: WorkersSpec = field(default_factory=WorkersSpec)


def check_pipeline(spec: PipelineSpec) -> None:
    """Check what no field can tell alone: that stages have names of their own and an order.

    Raises:
        InvalidDocument: with the path of each field that is wrong.
    """
    problems: list[Problem] = []
    earlier: set[str] = set()
    for at, stage in enumerate(spec.stages):
        if stage.name in earlier:
            problems.append(Problem(("stages", at, "name"), f"{stage.name!r} is taken"))
        if stage.crops_of and stage.crops_of not in earlier:
            known = ", ".join(sorted(earlier)) or "none"
            problems.append(
                Problem(
                    ("stages", at, "crops_of"),
                    f"no earlier stage is named {stage.crops_of!r} (earlier: {known})",
                )
            )
        if stage.labels and not stage.crops_of:
            problems.append(Problem(("stages", at, "labels"), "only chooses crops; set crops_of"))
        earlier.add(stage.name)
    if spec.delivery.latest and spec.delivery.fresh:
        problems.append(Problem(("delivery", "fresh"), "chooses another policy than latest"))
    buffer = spec.buffer
    if buffer.max_bytes // buffer.streams < MIN_STREAM_BYTES:
        least = buffer.streams * MIN_STREAM_BYTES // 1024**2
        problems.append(
            Problem(
                ("buffer", "max_bytes"),
                f"{buffer.streams} streams need {least}MiB or more: each must hold large frames",
            )
        )
    if problems:
        raise InvalidDocument("pipeline", tuple(problems))
