"""What a metric is, and what it is called where it is read."""

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """How values of a metric belong together."""

    COUNTER = "counter"
    """It only grows; a rate is made of it."""
    GAUGE = "gauge"
    """As it is at the moment of reading."""
    HISTOGRAM = "histogram"
    """How many values lay below each of a few bounds, and their sum."""


class Service(Enum):
    """Whose process has a metric."""

    INGEST = "ingest"
    MASTER = "master"
    MONITOR = "monitor"
    AGENT = "agent"
    WORKER = "worker"
    SINK = "sink"


ALL = tuple(Service)

SECONDS = "s"
BYTES = "By"
"""Units by the names of OpenTelemetry's conventions (UCUM); things that are counted are in braces,
and are no part of a name."""

_SUFFIXES = {SECONDS: "_seconds", BYTES: "_bytes"}

DURATION_BOUNDS = tuple(
    factor * 10.0**power for power in range(-4, 2) for factor in (1.0, 2.5, 5.0)
)
"""0.1 ms to 50 s, three a decade: a percentile is right to within a factor of two."""

SIZE_BOUNDS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0)
"""Of batches, which are powers of two where the load is high."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One row of the table."""

    name: str
    """By OpenTelemetry's conventions: words with dots, without the unit."""
    kind: Kind
    unit: str
    description: str
    """One sentence, for people."""
    services: tuple[Service, ...]
    attributes: tuple[str, ...] = ()
    """What a value is told apart by. Each has few values; cameras only where they are asked for."""
    bounds: tuple[float, ...] = ()
    """Of a histogram: the upper bounds of its buckets, in its unit."""

    @property
    def prometheus_name(self) -> str:
        """As in `framemesh_frame_age_seconds`."""
        name = self.name.replace(".", "_") + _SUFFIXES.get(self.unit, "")
        return f"{name}_total" if self.kind is Kind.COUNTER else name
