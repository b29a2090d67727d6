"""What comparisons have come to: the next leader goes on there."""

import json
from dataclasses import dataclass, field

from framemesh.core.documents.document import InvalidDocument, dump, read
from framemesh.master.shadows.comparison import Comparison
from framemesh.runtime.jetstream.api.errors import retryable
from framemesh.runtime.jetstream.api.key_value import KeyValueBucket
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.logs import get_logger

log = get_logger()

BUCKET = "framemesh-shadows"
BUCKET_BYTES = 16 * 1024 * 1024
"""Of some 40 KB each, at most."""


@dataclass(frozen=True, slots=True)
class ComparedStage:
    """A stage for which both have different versions."""

    stage: str
    model: str
    version: int
    shadow_version: int


@dataclass(frozen=True, slots=True)
class ComparedRun:
    """A run, and how its outcomes differ from the real ones so far."""

    run: str
    since_unix_nano: int
    """When the comparison began."""
    stages: tuple[ComparedStage, ...] = ()
    copies_before: int = 0
    """The last sequence number of the stream of copies then."""
    outcomes_before: int = 0
    """That of the stream of outcomes."""
    sequence: int = 0
    """Of the last outcome of the run that is in the sums."""
    comparison: Comparison = field(default_factory=Comparison)


class ShadowStore:
    """Every method raises BrokerUnavailable when the broker does not answer in time."""

    def __init__(self, broker: Broker) -> None:
        self._bucket = KeyValueBucket(broker, BUCKET)

    async def create(self) -> None:
        """Make the bucket, unless it is there."""
        await self._bucket.create(BUCKET_BYTES)

    async def get(self, pipeline: str) -> ComparedRun | None:
        """What is stored of a pipeline; None also where it cannot be read: the comparison begins
        anew, and says since when."""
        entry = await self._bucket.get(pipeline)
        if entry is None:
            return None
        try:
            return read(json.loads(entry.value), ComparedRun, f"comparison of {pipeline}")
        except (ValueError, InvalidDocument) as error:
            log.error("stored comparison is unreadable", pipeline=pipeline, error=str(error))
            return None

    async def put(self, pipeline: str, compared: ComparedRun) -> None:
        """Write it in place of what is stored of the pipeline."""
        with retryable(f"cannot store the comparison of {pipeline}"):
            await self._bucket.put(pipeline, json.dumps(dump(compared)).encode())

    async def remove(self, pipeline: str) -> None:
        """Forget a comparison; one that is already gone is fine."""
        await self._bucket.remove(pipeline)
