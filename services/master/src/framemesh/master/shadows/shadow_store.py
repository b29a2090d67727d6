"""What comparisons have come to: the next leader goes on there."""

import json
from dataclasses import dataclass, field, replace
from typing import Annotated

from pydantic import Field

from framemesh.core.documents.document import InvalidDocument, dump, read
from framemesh.core.errors import Code, FramemeshError
from framemesh.master.shadows.comparison import Comparison
from framemesh.runtime.jetstream.api.errors import WrongLastSequence, retryable
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
    entry: Annotated[int, Field(exclude=True)] = field(default=0, compare=False)
    """The revision of its entry in the bucket."""


class ComparisonConflict(FramemeshError):
    """Another master wrote a comparison since it was read, or its pipeline was deleted."""

    code = Code.CONFLICT


class ShadowStore:
    """Every method raises BrokerUnavailable when the broker does not answer in time."""

    def __init__(self, broker: Broker) -> None:
        self._bucket = KeyValueBucket(broker, BUCKET)

    async def create(self) -> None:
        """Make the bucket, unless it is there."""
        await self._bucket.create(BUCKET_BYTES)

    async def get(self, pipeline: str) -> ComparedRun | None:
        """What is stored of a pipeline. What cannot be read is removed: the comparison begins anew,
        and says since when."""
        entry = await self._bucket.get(pipeline)
        if entry is None:
            return None
        try:
            found = read(json.loads(entry.value), ComparedRun, f"comparison of {pipeline}")
        except (ValueError, InvalidDocument) as error:
            log.error("stored comparison is unreadable", pipeline=pipeline, error=str(error))
            await self._bucket.remove(pipeline, entry.revision)
            return None
        return replace(found, entry=entry.revision)

    async def put(self, pipeline: str, compared: ComparedRun) -> ComparedRun:
        """Write it in place of what it was made of.

        Raises:
            ComparisonConflict: that is not there any more.
        """
        value = json.dumps(dump(compared)).encode()
        with retryable(f"cannot store the comparison of {pipeline}"):
            try:
                entry = await self._bucket.replace(pipeline, value, compared.entry)
            except WrongLastSequence as error:
                raise ComparisonConflict(
                    f"the comparison of {pipeline} was changed at the same time"
                ) from error
        return replace(compared, entry=entry)

    async def remove(self, pipeline: str) -> None:
        """Forget a comparison; one that is already gone is fine."""
        await self._bucket.remove(pipeline)
