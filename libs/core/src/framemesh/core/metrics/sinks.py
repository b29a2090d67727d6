"""Metrics of sinks: what a process tells of those that it runs."""

from framemesh.core.metrics.metric import SECONDS, Kind, Metric, Service

SINK = (Service.SINK,)
NAMES = ("sink", "pipeline")

SINK_RESULTS = Metric(
    "framemesh.sink.results",
    Kind.COUNTER,
    "{result}",
    "Results that a sink has written, repeated ones as well, since this process runs it.",
    SINK,
    NAMES,
)
SINK_BEHIND = Metric(
    "framemesh.sink.behind",
    Kind.GAUGE,
    "{result}",
    "Results of its cameras that a sink has not written.",
    SINK,
    NAMES,
)
SINK_OLDEST = Metric(
    "framemesh.sink.oldest.age",
    Kind.GAUGE,
    SECONDS,
    "For how long the oldest result that the process holds for a sink waits to be durable.",
    SINK,
    NAMES,
)
SINK_TROUBLE = Metric(
    "framemesh.sink.trouble",
    Kind.GAUGE,
    "{sink}",
    "1 while the target of a sink takes nothing.",
    SINK,
    NAMES,
)
SINK_MISSING_PICTURES = Metric(
    "framemesh.sink.missing_pictures",
    Kind.COUNTER,
    "{picture}",
    "Pictures that were gone before a sink came to them.",
    SINK,
    NAMES,
)
SINK_REFUSED = Metric(
    "framemesh.sink.refused_results",
    Kind.COUNTER,
    "{result}",
    "Results that a sink left out, as its target takes others and not these.",
    SINK,
    NAMES,
)
SINK_LOST_ENTRIES = Metric(
    "framemesh.sink.lost_entries",
    Kind.COUNTER,
    "{entry}",
    "Entries of the ledger that were gone before a sink came to them.",
    SINK,
    NAMES,
)

SINKS: tuple[Metric, ...] = (
    SINK_RESULTS,
    SINK_BEHIND,
    SINK_OLDEST,
    SINK_TROUBLE,
    SINK_MISSING_PICTURES,
    SINK_REFUSED,
    SINK_LOST_ENTRIES,
)
