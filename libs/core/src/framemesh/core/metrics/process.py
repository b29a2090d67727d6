"""Metrics of every process: how it does."""

from framemesh.core.metrics.metric import (
    ALL,
    BYTES,
    DURATION_BOUNDS,
    SECONDS,
    Kind,
    Metric,
    Service,
)

# The names of Prometheus' client libraries, which dashboards know.
PROCESS_CPU = Metric(
    "process.cpu", Kind.COUNTER, SECONDS, "CPU time of the process, of user and system.", ALL
)
PROCESS_MEMORY = Metric(
    "process.resident.memory", Kind.GAUGE, BYTES, "Memory of the process that is in RAM.", ALL
)
PROCESS_FILES = Metric(
    "process.open.fds", Kind.GAUGE, "{file}", "Files and connections that are open.", ALL
)
PROCESS_START = Metric(
    "process.start.time", Kind.GAUGE, SECONDS, "When the process was started, Unix time.", ALL
)
LOOP_LAG = Metric(
    "framemesh.event_loop.lag",
    Kind.HISTOGRAM,
    SECONDS,
    "How much later than asked for the event loop came back to a timer.",
    ALL,
    bounds=DURATION_BOUNDS,
)
CALLS_REFUSED = Metric(
    "framemesh.calls.refused",
    Kind.COUNTER,
    "{call}",
    "Calls and requests that were refused, and streams that were ended, for their token; by why: "
    "it does not count (unauthenticated), or is for something else (forbidden).",
    ALL,
    ("why",),
)
SPANS_DROPPED = Metric(
    "framemesh.spans.dropped",
    Kind.COUNTER,
    "{span}",
    "Spans that no collector took: it was away, or too slow. None where no traces are made.",
    (Service.INGEST, Service.WORKER, Service.MONITOR),
)
BUILD = Metric(
    "framemesh.build.info",
    Kind.GAUGE,
    "{process}",
    "1, with the service and the version that run.",
    ALL,
    ("service", "version"),
)

PROCESS: tuple[Metric, ...] = (
    PROCESS_CPU,
    PROCESS_MEMORY,
    PROCESS_FILES,
    PROCESS_START,
    LOOP_LAG,
    CALLS_REFUSED,
    SPANS_DROPPED,
    BUILD,
)
