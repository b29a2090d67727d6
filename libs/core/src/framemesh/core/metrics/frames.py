"""Metrics of frames on their way: what ingest and workers measure."""

from framemesh.core.metrics.metric import (
    BYTES,
    DURATION_BOUNDS,
    SECONDS,
    SIZE_BOUNDS,
    Kind,
    Metric,
    Service,
)

INGEST = (Service.INGEST,)
WORKER = (Service.WORKER,)
PIPELINE = ("pipeline",)

INGEST_FRAMES = Metric(
    "framemesh.ingest.frames",
    Kind.COUNTER,
    "{frame}",
    "Frames that cameras offered: `accepted` into the buffer, or `rejected`.",
    INGEST,
    ("pipeline", "result"),
)
INGEST_BYTES = Metric(
    "framemesh.ingest.image.size",
    Kind.COUNTER,
    BYTES,
    "Images that cameras offered.",
    INGEST,
    PIPELINE,
)
INGEST_STORE = Metric(
    "framemesh.ingest.store.duration",
    Kind.HISTOGRAM,
    SECONDS,
    "From a frame's arrival until the broker has stored it; it grows where the buffer is full.",
    INGEST,
    PIPELINE,
    DURATION_BOUNDS,
)
INGEST_SESSIONS = Metric(
    "framemesh.ingest.sessions",
    Kind.GAUGE,
    "{session}",
    "Cameras that are connected.",
    INGEST,
    PIPELINE,
)
INGEST_UNACKNOWLEDGED = Metric(
    "framemesh.ingest.unacknowledged",
    Kind.GAUGE,
    "{frame}",
    "Frames that hold credit of their cameras: they arrived and are not acknowledged.",
    INGEST,
    PIPELINE,
)
INGEST_CLOCK_STEPS = Metric(
    "framemesh.ingest.clock.steps",
    Kind.COUNTER,
    "{step}",
    "Times that the clock of a camera was set while it was connected.",
    INGEST,
    PIPELINE,
)
INGEST_REFUSALS = Metric(
    "framemesh.ingest.refusals",
    Kind.COUNTER,
    "{stream}",
    "Streams of cameras that ingest refused or ended for what came over them, by reason.",
    INGEST,
    ("reason",),
)
INGEST_THROTTLED = Metric(
    "framemesh.ingest.throttled",
    Kind.COUNTER,
    "{frame}",
    "Frames that waited because their camera sends more a second than it may.",
    INGEST,
    PIPELINE,
)

FRAME_OUTCOMES = Metric(
    "framemesh.frame.outcomes",
    Kind.COUNTER,
    "{frame}",
    "Outcomes that this process decided, by fate and reason; the monitor's ledger has their sum.",
    (Service.WORKER, Service.INGEST),
    ("pipeline", "fate", "reason"),
)
FRAME_AGE = Metric(
    "framemesh.frame.age",
    Kind.HISTOGRAM,
    SECONDS,
    "From the capture to the outcome of frames that are done.",
    WORKER,
    PIPELINE,
    DURATION_BOUNDS,
)
FRAME_HOP = Metric(
    "framemesh.frame.hop.duration",
    Kind.HISTOGRAM,
    SECONDS,
    "Time of a frame on each hop of its way; the hops of a frame add up to its age.",
    WORKER,
    ("pipeline", "hop"),
    DURATION_BOUNDS,
)
WORKER_HELD = Metric(
    "framemesh.worker.frames",
    Kind.GAUGE,
    "{frame}",
    "Frames that the worker holds, from their delivery to their acknowledgement.",
    WORKER,
    PIPELINE,
)
BATCH_SIZE = Metric(
    "framemesh.worker.batch.size",
    Kind.HISTOGRAM,
    "{input}",
    "Inputs in one request to Triton.",
    WORKER,
    ("pipeline", "stage"),
    SIZE_BOUNDS,
)
TRITON_REQUEST = Metric(
    "framemesh.triton.request.duration",
    Kind.HISTOGRAM,
    SECONDS,
    "Of one request to Triton, with its way there and back.",
    WORKER,
    ("pipeline", "stage"),
    DURATION_BOUNDS,
)
TRITON_QUEUE = Metric(
    "framemesh.triton.queue.time",
    Kind.COUNTER,
    SECONDS,
    "Time that requests waited inside Triton, by its own account.",
    WORKER,
    ("pipeline", "model"),
)
TRITON_COMPUTE = Metric(
    "framemesh.triton.compute.time",
    Kind.COUNTER,
    SECONDS,
    "Time that Triton computed, with inputs and outputs, by its own account.",
    WORKER,
    ("pipeline", "model"),
)
TRITON_EXECUTIONS = Metric(
    "framemesh.triton.executions",
    Kind.COUNTER,
    "{execution}",
    "Batches that Triton executed, by its own account.",
    WORKER,
    ("pipeline", "model"),
)
TRITON_HEALTHY = Metric(
    "framemesh.triton.healthy",
    Kind.GAUGE,
    "{triton}",
    "1 while the worker's Triton answers real inferences.",
    WORKER,
    PIPELINE,
)
TRITON_RESTARTS = Metric(
    "framemesh.triton.restarts",
    Kind.COUNTER,
    "{restart}",
    "Attempts of the worker to bring its Triton back.",
    WORKER,
    PIPELINE,
)
LEASES_HELD = Metric(
    "framemesh.leases.held",
    Kind.GAUGE,
    "{shard}",
    "Shards that the worker has leases of, where the pipeline has camera affinity.",
    WORKER,
    PIPELINE,
)
LEASE_MOVES = Metric(
    "framemesh.leases.moves",
    Kind.COUNTER,
    "{shard}",
    "Leases that the worker `acquired`, `released` or `lost`.",
    WORKER,
    ("pipeline", "change"),
)

FRAMES: tuple[Metric, ...] = (
    INGEST_FRAMES,
    INGEST_BYTES,
    INGEST_STORE,
    INGEST_SESSIONS,
    INGEST_UNACKNOWLEDGED,
    INGEST_CLOCK_STEPS,
    INGEST_REFUSALS,
    INGEST_THROTTLED,
    FRAME_OUTCOMES,
    FRAME_AGE,
    FRAME_HOP,
    WORKER_HELD,
    BATCH_SIZE,
    TRITON_REQUEST,
    TRITON_QUEUE,
    TRITON_COMPUTE,
    TRITON_EXECUTIONS,
    TRITON_HEALTHY,
    TRITON_RESTARTS,
    LEASES_HELD,
    LEASE_MOVES,
)
