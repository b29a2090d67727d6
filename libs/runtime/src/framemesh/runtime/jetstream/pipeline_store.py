"""The pipelines that should run, in a key-value bucket of JetStream.

The master writes it; the other services read it, so that they work while the master is away.
"""

import json
from dataclasses import dataclass, field, replace
from typing import Annotated

from pydantic import ConfigDict, Field

from framemesh.core.documents.document import NewerDocument, Problem, dump, read_known
from framemesh.core.errors import Code, FramemeshError
from framemesh.core.pipeline.generation import Generation
from framemesh.core.pipeline.rollout import RolledBack, Rollout
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.runtime.jetstream.api.errors import WrongLastSequence, retryable
from framemesh.runtime.jetstream.api.key_value import KeyValueBucket
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.messages.subjects import PIPELINES_BUCKET

BUCKET_BYTES = 16 * 1024 * 1024

MARKER_SECONDS = 7 * 24 * 3600
"""How long the bucket says that a pipeline was deleted. Readers learn of it within milliseconds;
entries that an earlier version replaced come back when the server is killed after that."""


class PipelineUnknown(FramemeshError):
    """There is no pipeline of that name."""

    code = Code.NOT_FOUND

    def __init__(self, name: str) -> None:
        super().__init__(f"no pipeline is named {name!r}: apply it first, or check the name")


@dataclass(frozen=True, slots=True)
class StoredPipeline:
    """A pipeline, and where its frames are."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    spec: PipelineSpec
    generation: Generation
    """Of the buffer that takes frames."""
    draining: tuple[Generation, ...] = ()
    """Older ones, which take no more but may have some; the oldest first."""
    revision: int = 0
    """Of what its workers do, not of their number: a change gets a higher number than all before,
    and one that comes back has the number that it had."""
    applied_unix_nano: int = 0
    """When the specification was; 0: that is not known."""
    rollout: Rollout | None = None
    """Set while it is not known whether the revision is good."""
    rolled_back: RolledBack | None = None
    """The revision before this one, if it was given up for it."""
    shadow: int = 0
    """The number of its shadow, higher than that of every shadow before; 0: it has none."""
    entry: Annotated[int, Field(exclude=True)] = field(default=0, compare=False)
    """The revision of its entry in the bucket, which is raised by every write."""
    unknown: Annotated[tuple[Problem, ...], Field(exclude=True)] = field(default=(), compare=False)
    """Fields of its entry that this version does not know: it may be used, but not changed."""

    def check_known(self) -> None:
        """To be called before it is changed or deleted.

        Raises:
            NewerDocument: a newer master wrote it.
        """
        if self.unknown:
            raise NewerDocument(f"stored pipeline {self.spec.name}", self.unknown)


class PipelineChanged(FramemeshError):
    """Somebody else changed the pipeline since it was read."""

    code = Code.CONFLICT


class PipelineStore:
    """Reads and writes the bucket.

    Every method raises BrokerUnavailable when the broker does not answer in time.
    """

    def __init__(self, broker: Broker) -> None:
        self._bucket = KeyValueBucket(broker, PIPELINES_BUCKET, lasting_removals=True)

    async def create(self) -> None:
        """Make the bucket, unless it is there."""
        await self._bucket.create(BUCKET_BYTES)

    async def get(self, name: str) -> StoredPipeline:
        """
        Raises:
            PipelineUnknown: no pipeline has this name.
        """
        entry = await self._bucket.get(name)
        if entry is None:
            raise PipelineUnknown(name)
        return stored_pipeline(name, entry.value, entry.revision)

    async def names(self) -> list[str]:
        """Of all pipelines, sorted; those that were deleted in the last MARKER_SECONDS may be among
        them."""
        return await self._bucket.keys()

    async def put(
        self,
        spec: PipelineSpec,
        generation: Generation | None = None,
        draining: tuple[Generation, ...] = (),
        *,
        entry: int = 0,
    ) -> StoredPipeline:
        """Write `spec`; its revision is higher than all before.

        Args:
            entry: of what it replaces; 0: whatever is there.

        Raises:
            PipelineChanged: there is another entry.
        """
        entry = entry or await self.entry(spec.name)
        return await self.write(
            StoredPipeline(spec, generation or Generation.of(1, spec), draining, entry=entry)
        )

    async def write(self, stored: StoredPipeline) -> StoredPipeline:
        """Write an entry in place of the one that `stored` was read from; 0: there was none.
        Without a revision it gets one, higher than all before; so does a shadow without a number.

        Raises:
            PipelineChanged: there is another entry.
        """
        # 0 in what is written stands for the number that it gets there.
        return _numbered(stored, await self._write(stored))

    async def _write(self, stored: StoredPipeline) -> int:
        name, value = stored.spec.name, json.dumps(dump(stored)).encode()
        with retryable(f"cannot write pipeline {name}"):
            try:
                if stored.entry:
                    return await self._bucket.replace(name, value, stored.entry)
                # First the number, so that what is made after it is not taken for it.
                newest = await self._bucket.revision(name)
                if await self._bucket.get(name) is not None:
                    raise _changed(name)
                return await self._bucket.replace(name, value, newest)
            except WrongLastSequence as error:
                raise _changed(name) from error

    async def entry(self, name: str) -> int:
        """The number of the entry of a pipeline, whether that can be read or not; 0: it has
        none."""
        found = await self._bucket.get(name)
        return found.revision if found else 0

    async def delete(self, name: str, entry: int = 0) -> None:
        """Remove a pipeline; one that is already gone is fine.

        Args:
            entry: that it has; 0: whichever.

        Raises:
            PipelineChanged: it has another one.
        """
        with retryable(f"cannot delete pipeline {name}"):
            try:
                # With a marker, so that every PipelineFeed hears of it.
                await self._bucket.delete(name, MARKER_SECONDS, entry)
            except WrongLastSequence as error:
                raise _changed(name) from error


def _changed(name: str) -> PipelineChanged:
    return PipelineChanged(
        f"pipeline {name} was changed at the same time: look at it, and apply again"
    )


def stored_pipeline(name: str, value: bytes, revision: int) -> StoredPipeline:
    """What an entry of the bucket says.

    Raises:
        NewerDocument: a newer master wrote it, and what is new may change what the rest means.
        InvalidDocument: no master did.
    """
    stored, unknown = read_known(value, StoredPipeline, f"stored pipeline {name}")
    # 0 in what is written stands for the number that it got there.
    return _numbered(replace(stored, unknown=unknown), revision)


def _numbered(stored: StoredPipeline, entry: int) -> StoredPipeline:
    shadow = (stored.shadow or entry) if stored.spec.rollout.shadow else 0
    return replace(stored, revision=stored.revision or entry, shadow=shadow, entry=entry)
