"""The definition of a sink, as its owner adds it."""

from dataclasses import dataclass, field
from enum import Enum

from pydantic import ConfigDict

from framemesh.core.outcome import Fate


class SinkKind(Enum):
    """What a sink writes."""

    JSONL = "jsonl"
    """Files with one JSON document a line."""
    PARQUET = "parquet"
    """Files of columns."""
    MP4 = "mp4"
    """Videos with the detections drawn on them."""
    CROPS = "crops"
    """The part of the picture under each detection, as JPEG files."""
    WEBHOOK = "webhook"
    """HTTP requests."""
    MQTT = "mqtt"
    """Messages of an MQTT broker."""

    @property
    def is_folder(self) -> bool:
        """Whether its target is a folder; else it is a URL."""
        return self not in {SinkKind.WEBHOOK, SinkKind.MQTT}

    @property
    def needs_pictures(self) -> bool:
        """Whether results alone are not enough for it."""
        return self in {SinkKind.MP4, SinkKind.CROPS}


@dataclass(frozen=True, slots=True)
class SinkOptions:
    """How a sink writes. What is 0 or empty has the default of its kind (docs/sinks.md)."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    file_bytes: int = 0
    """A file that has so many is completed."""
    file_seconds: float = 0
    """A file is completed so long after its first result."""
    folder_bytes: int = 0
    """Of crops: the oldest files are deleted above it."""
    frames_per_second: float = 0
    """Of a video: how fast it plays."""
    batch: int = 0
    """Of a webhook: results of one request, at most."""
    in_flight: int = 0
    """Of a webhook and MQTT: requests or messages that wait for their answer, at most."""
    secret: str = ""
    """Of a webhook: what requests are signed with."""
    topic: str = ""
    """Of MQTT: with {pipeline} and {camera} in it."""


@dataclass(frozen=True, slots=True)
class SinkSpec:
    """Which results of a pipeline go where."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    name: str
    pipeline: str
    kind: SinkKind
    target: str
    """The absolute path of a folder, or a URL."""
    cameras: tuple[str, ...] = ()
    """None: all."""
    labels: tuple[str, ...] = ()
    """Only results with a detection that has one of these; none: all results."""
    fates: tuple[Fate, ...] = ()
    """None: all, or those with detections where pictures are needed."""
    from_start: bool = False
    """Begin with the oldest result that is kept, not with the next one."""
    options: SinkOptions = field(default_factory=SinkOptions)

    @property
    def wanted_fates(self) -> frozenset[Fate]:
        """Those whose results are written."""
        if self.fates:
            return frozenset(self.fates)
        return frozenset({Fate.DONE} if self.kind.needs_pictures else Fate)
