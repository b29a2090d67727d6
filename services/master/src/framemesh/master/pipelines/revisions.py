"""The revisions that a pipeline had: kept before they are replaced, so that one can come back."""

from collections.abc import Collection

from framemesh.core.documents.document import InvalidDocument
from framemesh.core.errors import Code, FramemeshError
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.runtime.jetstream.connection.broker import BrokerUnavailable
from framemesh.runtime.jetstream.pipeline_store import StoredPipeline
from framemesh.runtime.jetstream.revision_store import RevisionStore, StoredRevision
from framemesh.runtime.logs import get_logger

log = get_logger()

MAX_KEPT = 10
"""Of a pipeline, the newest ones; more only where workers of others still run."""


class RevisionUnknown(FramemeshError):
    """A pipeline has no such revision, or it is not kept any more."""

    code = Code.NOT_FOUND


class Revisions:
    """Every method raises BrokerUnavailable when the broker does not answer in time."""

    def __init__(self, store: RevisionStore) -> None:
        self._store = store

    async def keep(self, stored: StoredPipeline, problem: str = "") -> None:
        """Keep what a pipeline is now. To be called before it becomes something else.

        `problem` is why it does, where that is a fault of the revision.
        """
        # An entry that could not be read has none.
        if stored.revision:
            revision = StoredRevision.of(stored)
            await self._store.put(
                StoredRevision(
                    revision.spec, revision.revision, revision.applied_unix_nano, problem
                )
            )

    async def history(self, current: StoredPipeline) -> list[StoredRevision]:
        """What is kept of a pipeline, and what it is now; the newest first."""
        found = {current.revision: StoredRevision.of(current)}
        for number in await self._store.numbers(current.spec.name):
            kept = await self._readable(current.spec.name, number)
            if kept and number != current.revision:
                found[number] = kept
        return [found[number] for number in sorted(found, reverse=True)]

    async def earlier(self, current: StoredPipeline, revision: int = 0) -> StoredRevision:
        """The revision of that number; 0: the last one before the current one that was not given
        up.

        Raises:
            RevisionUnknown: there is none.
        """
        name = current.spec.name
        others = [each for each in await self.history(current) if each.revision != current.revision]
        if revision:
            found = [each for each in others if each.revision == revision]
        else:
            found = [
                each for each in others if each.revision < current.revision and not each.problem
            ]
        if found:
            return found[0]
        if revision == current.revision:
            raise RevisionUnknown(f"pipeline {name!r} is at revision {revision} already")
        numbers = ", ".join(str(each.revision) for each in others) or "none"
        what = f"no revision {revision}" if revision else "no earlier revision that worked"
        raise RevisionUnknown(f"{what} of pipeline {name!r} is kept (others that are: {numbers})")

    async def warning(self, made: StoredPipeline) -> str:
        """What to know of a revision that was just made; empty if it is new."""
        for kept in await self.history(made):
            if kept.problem and _same(kept.spec, made.spec):
                return (
                    f"revision {kept.revision} was the same and was rolled back: {kept.problem};"
                    f" it is tried again as revision {made.revision}"
                )
        return ""

    async def forget_old(self, current: StoredPipeline, in_use: Collection[int]) -> None:
        """Keep MAX_KEPT, and those whose workers run. What cannot be forgotten now is later."""
        name = current.spec.name
        try:
            numbers = await self._store.numbers(name)
            for number in numbers[MAX_KEPT:]:
                if number not in in_use:
                    await self._store.remove(name, number)
        except BrokerUnavailable as error:
            log.info("earlier revisions are kept for now", pipeline=name, why=str(error))

    async def forget_all(self, pipeline: str) -> None:
        """Of a pipeline that is deleted."""
        for number in await self._store.numbers(pipeline):
            await self._store.remove(pipeline, number)

    async def _readable(self, pipeline: str, number: int) -> StoredRevision | None:
        try:
            return await self._store.get(pipeline, number)
        except InvalidDocument as error:
            log.error("stored revision is unreadable", pipeline=pipeline, error=str(error))
            return None


def _same(one: PipelineSpec, other: PipelineSpec) -> bool:
    """Whether their workers do the same."""
    return (one.stages, one.delivery, one.buffer) == (other.stages, other.delivery, other.buffer)
