"""The specification of a pipeline: its stages, buffer, ledger and workers."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Annotated

from pydantic import ByteSize, ConfigDict, Field

from framemesh.core.documents.document import InvalidDocument, Problem
from framemesh.core.documents.duration import Duration, between, duration_text
from framemesh.core.names import Name
from framemesh.core.pipeline.conditions import condition_problems
from framemesh.core.pipeline.delivery import Delivery, DeliverySpec
from framemesh.core.pipeline.rollout_spec import RolloutSpec
from framemesh.core.pipeline.stage_checks import stage_problems
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.core.pipeline.tracing_spec import TracingSpec
from framemesh.core.pipeline.zones import Zone

_STRICT = ConfigDict(extra="forbid")

GIB = ByteSize(1024**3)
NOTHING = ByteSize(0)

MAX_NODE_LABELS = 16

LabelValue = Annotated[str, Field(min_length=1, max_length=64)]
"""Of a label of a node."""

MIN_STREAM_BYTES = 16 * 1024**2
"""Two frames of the largest size; a frame larger than a stream would wait indefinitely."""

MIN_LEDGER_BYTES = 16 * 1024**2
"""Some 35,000 outcomes."""

LEDGER_BYTES = 256 * 1024**2
"""The default of small buffers: some 600,000 outcomes of 450 bytes."""

BUFFER_BYTES_PER_LEDGER_BYTE = 4
"""Of larger ones. A buffer full of frames of 2 KB, the smallest that occur, has one outcome kept
for each, so that a frame that is delivered again finds its outcome; one of 50 KB has 27."""

MIN_LEDGER_AGE = timedelta(minutes=5)
"""Longer than the broker recognises a repeated acceptance, and than it delivers a frame again."""

MAX_LEDGER_AGE = timedelta(days=30)
LEDGER_AGE = timedelta(hours=24)

MAX_WORKERS = 1000
MIN_OBJECTIVE, MAX_OBJECTIVE = timedelta(milliseconds=50), timedelta(hours=1)
MIN_SHRINK, MAX_SHRINK = timedelta(seconds=1), timedelta(hours=1)

MAX_STREAMS = 16
MAX_ZONES = 64
MAX_SHARDS = 64
"""Of one stream; each has its own consumer at the broker."""


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
class LedgerSpec:
    """How many outcomes of a pipeline are kept, and for how long.

    For as long as the first outcome of a frame is kept, a second one is refused. The sums of the
    ledger do not depend on it: they go back to when the pipeline was made.
    """

    __pydantic_config__ = _STRICT

    max_bytes: Annotated[ByteSize, Field(ge=MIN_LEDGER_BYTES)] | None = None
    """None: as many as the buffer asks for, see `PipelineSpec.ledger_max_bytes`."""
    max_age: Annotated[Duration, between(MIN_LEDGER_AGE, MAX_LEDGER_AGE)] = LEDGER_AGE


@dataclass(frozen=True, slots=True)
class ObjectiveSpec:
    """What the number of workers is chosen for."""

    __pydantic_config__ = _STRICT

    age_p99: Annotated[Duration, between(MIN_OBJECTIVE, MAX_OBJECTIVE)] = timedelta(seconds=2)
    """From the capture of a frame to its outcome: one frame of 100 may take longer."""


@dataclass(frozen=True, slots=True)
class WorkersSpec:
    """How many workers a pipeline has."""

    __pydantic_config__ = _STRICT

    min: Annotated[int, Field(ge=0, le=MAX_WORKERS)] = 1
    max: Annotated[int, Field(ge=1, le=MAX_WORKERS)] | None = None
    """None: `min`, whatever the load. Otherwise there are as many as the load needs."""
    objective: ObjectiveSpec = field(default_factory=ObjectiveSpec)
    shrink_after: Annotated[Duration, between(MIN_SHRINK, MAX_SHRINK)] = timedelta(seconds=30)
    """For how long fewer workers must be enough before some are stopped."""
    cpus: Annotated[float, Field(ge=0, le=1024, allow_inf_nan=False)] = 0.0
    """What each worker is given of its node; 0 of anything: nothing is reserved."""
    memory: Annotated[ByteSize, Field(ge=0)] = NOTHING
    gpus: Annotated[int, Field(ge=0, le=64)] = 0
    node_labels: Annotated[dict[Name, LabelValue], Field(max_length=MAX_NODE_LABELS)] = field(
        default_factory=dict
    )
    """Only nodes that have all of these labels."""

    @property
    def most(self) -> int:
        """As many as there may be."""
        return self.min if self.max is None else self.max

    @property
    def scales(self) -> bool:
        """Whether their number follows the load."""
        return self.most > self.min

    def of_same_kind(self, other: "WorkersSpec") -> bool:
        """Whether workers that were started for one do for the other: only their number differs."""
        return self == replace(
            other,
            min=self.min,
            max=self.max,
            objective=self.objective,
            shrink_after=self.shrink_after,
        )


@dataclass(frozen=True, slots=True)
class PipelineSpec:
    """A pipeline as its owner declares it."""

    __pydantic_config__ = _STRICT

    name: Name
    stages: Annotated[tuple[StageSpec, ...], Field(min_length=1)]
    buffer: BufferSpec = field(default_factory=BufferSpec)
    delivery: Delivery = field(default_factory=DeliverySpec)
    workers: WorkersSpec = field(default_factory=WorkersSpec)
    ledger: LedgerSpec = field(default_factory=LedgerSpec)
    rollout: RolloutSpec = field(default_factory=RolloutSpec)
    tracing: TracingSpec = field(default_factory=TracingSpec)
    zones: Annotated[dict[Name, Zone], Field(max_length=MAX_ZONES)] = field(default_factory=dict)
    """Parts of the frame, for the conditions of stages."""

    @property
    def ledger_max_bytes(self) -> int:
        """Of the ledger's stream; where it is left out a quarter of the buffer, and LEDGER_BYTES at
        least."""
        wanted = self.ledger.max_bytes
        if wanted is not None:
            return int(wanted)
        return max(LEDGER_BYTES, int(self.buffer.max_bytes) // BUFFER_BYTES_PER_LEDGER_BYTE)


def check_pipeline(spec: PipelineSpec) -> None:
    """Check the rules between fields: stages that make a graph, sizes that fit together.

    Raises:
        InvalidDocument: with the path of each field that is wrong.
    """
    problems = [
        *stage_problems(spec.stages),
        *condition_problems(spec.stages, spec.zones),
        *_delivery_problems(spec),
        *_worker_problems(spec),
        *_shadow_problems(spec),
        *_buffer_problems(spec.buffer),
    ]
    if problems:
        raise InvalidDocument("pipeline", tuple(problems))


def _delivery_problems(spec: PipelineSpec) -> Iterator[Problem]:
    if spec.delivery.latest and spec.delivery.fresh:
        yield Problem(("delivery", "fresh"), "chooses another policy than latest")
    fresh = spec.delivery.fresh
    if fresh and fresh.max_age > spec.ledger.max_age:
        age = duration_text(fresh.max_age)
        yield Problem(
            ("ledger", "max_age"),
            f"use delivery.fresh.max_age ({age}) or more: a frame must find its outcome",
        )


def _buffer_problems(buffer: BufferSpec) -> Iterator[Problem]:
    if buffer.max_bytes // buffer.streams < MIN_STREAM_BYTES:
        least = buffer.streams * MIN_STREAM_BYTES // 1024**2
        yield Problem(
            ("buffer", "max_bytes"),
            f"{buffer.streams} streams need {least}MiB or more: each must hold large frames",
        )


def _worker_problems(spec: PipelineSpec) -> Iterator[Problem]:
    workers = spec.workers
    if workers.most < workers.min:
        yield Problem(("workers", "max"), f"use workers.min ({workers.min}) or more")
    if spec.delivery.latest and workers.scales:
        yield Problem(
            ("workers", "max"),
            "has nothing to go by with delivery latest: what workers cannot take is superseded, so"
            " there is no backlog; leave it out",
        )


def _shadow_problems(spec: PipelineSpec) -> Iterator[Problem]:
    shadow = spec.rollout.shadow
    versions = {stage.name: stage.model_version for stage in spec.stages}
    for stage, version in shadow.models.items() if shadow else ():
        path = ("rollout", "shadow", "models", stage)
        if stage not in versions:
            yield Problem(path, f"no stage is named {stage!r} (stages: {', '.join(versions)})")
        elif version == versions[stage]:
            yield Problem(
                path, f"version {version} is what the pipeline runs: name another one to compare"
            )
