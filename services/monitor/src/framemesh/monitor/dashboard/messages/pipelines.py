"""One pipeline: as it runs, and as it came about."""

from framemesh.monitor.dashboard.messages.base import Message


class Condition(Message):
    """What holds of a pipeline now."""

    name: str
    message: str


class Age(Message):
    """Percentiles from capture to outcome, of the last frames that were done."""

    p50: float
    p95: float
    p99: float


class HopTime(Message):
    """Percentiles of one part of a frame's way."""

    p50: float
    p99: float


class Stage(Message):
    """One model of the pipeline."""

    name: str
    model: str
    version: int
    for_each: list[str]
    """The stages on whose boxes it runs; none: on the whole frame."""
    after: list[str]
    """Stages that are through before it runs, of which it takes no boxes."""
    labels: list[str]
    """Of these boxes only; none: all."""
    per_second: float | None
    """Inputs of its model: frames, tiles or crops; None: not known."""
    triton_ms: float | None
    """That an input was with Triton, on average over the last seconds; None: not known."""


class Totals(Message):
    """offered = accepted + rejected; accepted = done + expired + superseded + dead + pending."""

    offered: int
    accepted: int
    rejected: int
    done: int
    expired: int
    superseded: int
    dead: int
    pending: int


class RunningVersion(Message):
    """A revision of the pipeline that has workers."""

    revision: int
    models: list[str]
    """As name:version."""
    workers: int
    """Those of it that are ready."""
    share: float
    """Of the cameras, 0 to 1: of a canary its part, of all others what is left to them."""


class ShadowSummary(Message):
    """How the outcomes of a shadow differ from the real ones."""

    running: bool
    models: list[str]
    """As stage: model:version -> version of the shadow."""
    compared_frames: int
    same_frames: int


class Pipeline(Message):
    """One pipeline now. What is not known, or not measured yet, is null."""

    name: str
    revision: int
    ready_workers: int
    wanted_workers: int
    trouble: str
    """What keeps it from running; empty if nothing does."""
    conditions: list[Condition]
    accepted_per_second: float | None
    completed_per_second: float | None
    backlog: int | None
    """Frames that wait or are with a worker."""
    backlog_bytes: int | None
    backlog_growth: float | None
    """The derivative of the backlog, in frames a second."""
    age_ms: Age | None
    hops_ms: dict[str, HopTime]
    """By hop, in the order of a frame's way: ingest, dwell, queue, decode, ..."""
    stages: list[Stage]
    totals: Totals | None
    """Of all cameras."""
    reasons: dict[str, int]
    """How often each was given for a fate other than done."""
    balanced: bool | None
    """Whether the ledger adds up: every frame has one outcome or is pending."""
    duplicates: int
    """Second outcomes of a frame: always 0, or a promise is broken."""
    unread_entries: int
    """Entries that the broker dropped before the monitor read them."""
    dead_letters: int | None
    """That are kept."""
    cameras: int
    versions: list[RunningVersion]
    shadow: ShadowSummary | None
    problem: str
    """Why something is missing here; empty if nothing is."""


class Event(Message):
    """Something that happened to a pipeline."""

    at_ms: float
    kind: str
    message: str
    times: int
    """How many equal ones it stands for."""


class Revision(Message):
    """A specification that the pipeline has, or had."""

    revision: int
    models: list[str]
    applied_ms: float | None
    current: bool
    problem: str
    """Why it was given up; empty if it was not."""


class ShadowClass(Message):
    """The detections of one class by both."""

    name: str
    real: int
    shadow: int
    same: int
    only_real: int
    only_shadow: int
    mean_iou: float | None


class ShadowFrame(Message):
    """A frame in which both found different things."""

    camera: str
    session: str
    sequence: int
    only_real: int
    only_shadow: int


class ShadowReport(ShadowSummary):
    """The differences, class by class."""

    since_ms: float
    waiting_frames: int | None
    skipped_frames: int | None
    unmatched_frames: int
    mean_score_difference: float | None
    classes: list[ShadowClass]
    relabelled: dict[str, int]
    """Things that both found, by `class of the pipeline -> class of the shadow`."""
    examples: list[ShadowFrame]


class PipelineDetails(Pipeline):
    """A pipeline, and how it came to be what it is."""

    spec_yaml: str
    """As pipeline.yaml has it."""
    events: list[Event]
    """The newest last."""
    revisions: list[Revision]
    """The newest first."""
    shadow_report: ShadowReport | None
