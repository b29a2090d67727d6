"""Makes, changes and removes pipelines whole: streams and entry, or nothing of it."""

from contextlib import suppress

from framemesh.core.documents.document import InvalidDocument
from framemesh.core.errors import FramemeshError
from framemesh.core.pipeline.generation import Generation
from framemesh.master.history.event_log import EventLog
from framemesh.master.pipelines.buffer import BufferProvisioner
from framemesh.master.pipelines.change_journal import BegunChange, ChangeJournal
from framemesh.master.pipelines.picture_streams import PictureStreams
from framemesh.master.pipelines.revisions import Revisions
from framemesh.master.pipelines.shadow_streams import ShadowStreams
from framemesh.runtime.jetstream.pipeline_store import (
    PipelineStore,
    PipelineUnknown,
    StoredPipeline,
)
from framemesh.runtime.logs import get_logger

log = get_logger()


class AtomicChanges:
    """Whoever is cancelled, fails or is killed in between: `finish` brings it to one of both ends.

    What decides is the entry: where it was written, the change is made.

    Every method raises BrokerUnavailable when the broker does not answer in time.
    """

    def __init__(
        self,
        *,
        store: PipelineStore,
        buffers: BufferProvisioner,
        shadows: ShadowStreams,
        pictures: PictureStreams,
        revisions: Revisions,
        events: EventLog,
        journal: ChangeJournal,
    ) -> None:
        self._store = store
        self._buffers = buffers
        self._shadows = shadows
        self._pictures = pictures
        self._revisions = revisions
        self._events = events
        self._journal = journal

    async def make(self, wanted: StoredPipeline, current: StoredPipeline | None) -> StoredPipeline:
        """Make a pipeline what its entry is to be; `current` is what it is.

        Raises:
            StorageMissing, BufferRefused: the broker does not take its buffer.
            PipelineChanged: somebody else changed it since it was read.
        """
        name = wanted.spec.name
        if not _changes_streams(wanted, current):
            await self._provide_buffer(wanted)
            return await self._written(wanted, current)
        change = BegunChange(name, (wanted.generation,))
        number = await self._journal.begin(change)
        made: StoredPipeline | None = None
        try:
            await self._provision(wanted)
            made = await self._written(wanted, current)
        finally:
            # Also for a caller who hangs up: half a buffer would hold storage that nobody sees.
            if made is None:
                await self._give_up(change)
        begun = await self._journal.get(name)
        if begun is None or begun.number != number:
            # This leader was suspended, and the next one undid what had no entry yet.
            await self._provision(wanted)
        await self._journal.end(name, number)
        return made

    async def remove(
        self, name: str, generations: list[Generation], *, discard_pending: bool
    ) -> None:
        """Delete a pipeline, its streams, its events and its revisions.

        Raises:
            PipelineChanged: somebody else changed it meanwhile.
        """
        begun = BegunChange(
            name,
            tuple(generations),
            removal=True,
            discard_pending=discard_pending,
            entry=await self._store.entry(name),
        )
        number = await self._journal.begin(begun)
        await self._remove(begun)
        await self._journal.end(name, number)

    async def begun(self) -> list[str]:
        """The pipelines of which something was begun and is not finished."""
        return await self._journal.pipelines()

    async def finish(self, name: str) -> None:
        """Finish or undo what was begun of a pipeline. To be called before it is changed again."""
        begun = await self._journal.get(name)
        if begun is None:
            return
        log.info("finishing a change that was begun", pipeline=name, removal=begun.removal)
        if begun.removal:
            if begun.discard_pending or not await self._pending(begun):
                await self._remove(begun)
            await self._journal.end(name, begun.number)
            return
        with suppress(InvalidDocument):  # applying it again recovers its streams
            await self._undo_unless_written(begun)
            await self._journal.end(name, begun.number)
            # After the end, as a leader that was suspended in `make` looks for it after its write.
            if (stored := await self._current(name)) is not None:
                await self._provision(stored)
            return
        await self._journal.end(name, begun.number)

    async def provide(self, stored: StoredPipeline) -> None:
        """Make the streams of a pipeline what its entry and its sinks ask for.

        Raises:
            StorageMissing, BufferRefused: the broker does not take one.
        """
        await self._provision(stored)

    async def _provision(self, stored: StoredPipeline) -> None:
        """All streams that an entry asks for. Those for copies are there before frames are copied
        into them, and go when none are any more."""
        spec = stored.spec
        pictures = await self._pictures.wanted(spec.name)
        if spec.rollout.shadow:
            await self._shadows.provision(spec.name)
        if pictures:
            await self._pictures.provision(spec)
        await self._buffers.provision(spec, stored.generation, pictures=pictures)
        if not spec.rollout.shadow:
            await self._shadows.delete(spec.name)
        if not pictures:
            await self._pictures.delete(spec.name)

    async def _provide_buffer(self, stored: StoredPipeline) -> None:
        pictures = await self._pictures.wanted(stored.spec.name)
        await self._buffers.provision(stored.spec, stored.generation, pictures=pictures)

    async def _written(
        self, wanted: StoredPipeline, current: StoredPipeline | None
    ) -> StoredPipeline:
        if current is not None and wanted.revision != current.revision:
            await self._revisions.keep(current, _problem(wanted, current))
        return wanted if wanted is current else await self._store.write(wanted)

    async def _remove(self, begun: BegunChange) -> None:
        name, entry = begun.pipeline, await self._store.entry(begun.pipeline)
        if entry and begun.entry and entry != begun.entry:
            log.warning("a pipeline stays: it was changed, or made, after its removal began")
            return
        # First the entry, so that no worker is started and no camera let in any more.
        if entry:
            await self._store.delete(name, entry)
        await self._buffers.delete(name, begun.generations)
        await self._shadows.forget(name)
        await self._pictures.delete(name)
        await self._events.forget(name)
        await self._revisions.forget_all(name)

    async def _give_up(self, change: BegunChange) -> None:
        name = change.pipeline
        try:
            if await self._journal.get(name) is None:
                # The next leader undid it while this one was suspended, which went on meanwhile.
                await self._journal.begin(change)
            await self.finish(name)
        except FramemeshError as error:
            log.warning("a failed change is undone later", pipeline=name, error=str(error))

    async def _undo_unless_written(self, begun: BegunChange) -> None:
        """Remove the streams that were made for an entry that was not written.

        Raises:
            InvalidDocument: the entry cannot be read.
        """
        name = begun.pipeline
        stored = await self._current(name)
        for generation in begun.generations:
            if stored is not None and generation in (*stored.draining, stored.generation):
                continue
            # The entry may still be on its way: frames that come after this are not accepted.
            await self._buffers.retire(name, generation)
            if await self._buffers.pending(name, generation):
                log.error("streams are left: they have frames", pipeline=name)
                return
            await self._buffers.drop(name, generation)
        if stored is None:
            await self._buffers.delete(name, [])
            await self._shadows.forget(name)
            await self._pictures.delete(name)

    async def _pending(self, begun: BegunChange) -> int:
        """Frames that wait, where the entry is still there."""
        if not await self._store.entry(begun.pipeline):
            return 0
        name = begun.pipeline
        return sum([await self._buffers.pending(name, each) for each in begun.generations])

    async def _current(self, name: str) -> StoredPipeline | None:
        try:
            return await self._store.get(name)
        except PipelineUnknown:
            return None


def _changes_streams(wanted: StoredPipeline, current: StoredPipeline | None) -> bool:
    return (
        current is None
        or wanted.generation != current.generation
        or wanted.spec.buffer != current.spec.buffer
        or wanted.spec.ledger != current.spec.ledger
        or (wanted.spec.rollout.shadow is None) != (current.spec.rollout.shadow is None)
    )


def _problem(wanted: StoredPipeline, current: StoredPipeline) -> str:
    """Why the current revision goes, if that is its fault."""
    gone = wanted.rolled_back
    return gone.why if gone and gone.revision == current.revision else ""
