"""What was begun and not finished yet: written ahead, so that another leader finishes or undoes it.

A change of a pipeline is several writes: streams, and an entry. A leader may be killed between any
two of them.
"""

import json
from dataclasses import dataclass, field, replace
from typing import Annotated

from pydantic import Field

from framemesh.core.documents.document import InvalidDocument, dump, read
from framemesh.core.pipeline.generation import Generation
from framemesh.runtime.jetstream.api.errors import retryable
from framemesh.runtime.jetstream.api.key_value import KeyValueBucket
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.logs import get_logger

log = get_logger()

CHANGES_BUCKET = "framemesh-changes"
BUCKET_BYTES = 1024 * 1024
"""Of a few hundred bytes each, and they are there for milliseconds."""


@dataclass(frozen=True, slots=True)
class BegunChange:
    """A change of one pipeline that may be half done."""

    pipeline: str
    generations: tuple[Generation, ...]
    """Whose streams are made or changed, or deleted."""
    removal: bool = False
    """Whether the pipeline is deleted; else it is made or changed."""
    discard_pending: bool = False
    """Of a removal: also if frames wait in its buffer."""
    entry: int = 0
    """Of a removal: the entry of the pipeline; one that was made later is another pipeline. 0:
    there was none, or it is not known."""
    number: Annotated[int, Field(exclude=True)] = field(default=0, compare=False)
    """Its revision in the bucket."""


class ChangeJournal:
    """At most one change of each pipeline.

    Every method raises BrokerUnavailable when the broker does not answer in time.
    """

    def __init__(self, broker: Broker) -> None:
        self._bucket = KeyValueBucket(broker, CHANGES_BUCKET)

    async def create(self) -> None:
        """Make the bucket, unless it is there."""
        await self._bucket.create(BUCKET_BYTES)

    async def begin(self, change: BegunChange) -> int:
        """Write down what is about to be done; returns its number."""
        with retryable(f"cannot begin a change of pipeline {change.pipeline}"):
            return await self._bucket.put(change.pipeline, json.dumps(dump(change)).encode())

    async def get(self, pipeline: str) -> BegunChange | None:
        """What is begun of a pipeline."""
        entry = await self._bucket.get(pipeline)
        if entry is None:
            return None
        try:
            found = read(json.loads(entry.value), BegunChange, f"begun change of {pipeline}")
        except (ValueError, InvalidDocument) as error:
            log.error("begun change is unreadable: it is left as it is", error=str(error))
            return None
        return replace(found, number=entry.revision)

    async def end(self, pipeline: str, number: int) -> None:
        """The change of that number is done, or undone."""
        with retryable(f"cannot end a change of pipeline {pipeline}"):
            await self._bucket.remove(pipeline, number)

    async def pipelines(self) -> list[str]:
        """Of which something is begun."""
        return await self._bucket.keys()
