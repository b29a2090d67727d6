"""What can be done with pipelines."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from framemesh.core.clock import Clock
from framemesh.core.documents.document import InvalidDocument, NewerDocument
from framemesh.core.errors import FramemeshError
from framemesh.core.pipeline.generation import Generation
from framemesh.core.pipeline.shadow import without_shadow
from framemesh.core.pipeline.spec import PipelineSpec, check_pipeline
from framemesh.master.fleet.port import FleetDriver, FleetState
from framemesh.master.fleet.rollout_groups import newest_group
from framemesh.master.fleet.status import current_workers, ready_workers, trouble
from framemesh.master.fleet.wanted import shadow_group
from framemesh.master.history.applied import record_applied
from framemesh.master.history.event_log import EventLog
from framemesh.master.history.events import EventKind
from framemesh.master.models.catalog import ModelCatalog
from framemesh.master.pipelines.atomic_changes import AtomicChanges
from framemesh.master.pipelines.buffer import BufferProvisioner
from framemesh.master.pipelines.change_journal import ChangeJournal
from framemesh.master.pipelines.change_locks import ChangeLocks
from framemesh.master.pipelines.changes import applied, returned, without_canary
from framemesh.master.pipelines.conditions import Condition, Seen, conditions
from framemesh.master.pipelines.picture_streams import PictureStreams
from framemesh.master.pipelines.pinning import pinned
from framemesh.master.pipelines.recovery import FramesPending, recovered_generation
from framemesh.master.pipelines.revisions import Revisions
from framemesh.master.pipelines.shadow_streams import ShadowStreams
from framemesh.master.scaling.autoscaler import Autoscaler
from framemesh.master.scaling.watched_pipeline import Load
from framemesh.master.shadows.report import ShadowUnknown
from framemesh.runtime.jetstream.pipeline_store import (
    PipelineStore,
    PipelineUnknown,
    StoredPipeline,
)
from framemesh.runtime.jetstream.revision_store import StoredRevision
from framemesh.runtime.logs import get_logger

log = get_logger()


@dataclass(frozen=True, slots=True)
class RunningPipeline:
    """A pipeline as it should be, and how it is."""

    stored: StoredPipeline
    ready_workers: int
    current_workers: int
    """Of them, those of the revision that is stored."""
    trouble: str
    wanted_workers: int
    """As many of them as there should be now."""
    wanted_stable_workers: int
    """While a new revision is tried, as many of the stable one as there should be beside."""
    load: Load | None
    """None: the number of its workers does not follow its load."""
    conditions: tuple[Condition, ...]
    notice: str = ""
    """What to know of the change that made it so, in one line."""


class PipelineManager:
    """Applies, shows and deletes pipelines.

    Every method raises BrokerUnavailable when the broker does not answer in time.
    """

    def __init__(
        self,
        *,
        store: PipelineStore,
        revisions: Revisions,
        models: ModelCatalog,
        buffers: BufferProvisioner,
        shadows: ShadowStreams,
        pictures: PictureStreams,
        journal: ChangeJournal,
        fleet: FleetDriver,
        events: EventLog,
        scaler: Autoscaler,
        changed: asyncio.Event,
        max_outcome_bytes: Callable[[], int],
        clock: Clock,
    ) -> None:
        """
        Args:
            changed: set after every change, for those who bring it about.
            max_outcome_bytes: what the broker takes as one message now.
        """
        self._store = store
        self._revisions = revisions
        self._models = models
        self._buffers = buffers
        self._changes = AtomicChanges(
            store=store,
            buffers=buffers,
            shadows=shadows,
            pictures=pictures,
            revisions=revisions,
            events=events,
            journal=journal,
        )
        self._fleet = fleet
        self._events = events
        self._scaler = scaler
        self._changed = changed
        self._max_outcome_bytes = max_outcome_bytes
        self._clock = clock
        self.locks = ChangeLocks()
        self._provisioning: set[str] = set()
        """Pipelines whose buffers are being made or changed."""

    async def apply(self, wanted: PipelineSpec) -> RunningPipeline:
        """Make the pipeline, or change it to this; applying the same again changes nothing.

        Raises:
            InvalidDocument, ModelMissing, StorageMissing, BufferRefused: names the field that is
                wrong.
        """
        check_pipeline(wanted)
        models = {stage.model for stage in wanted.stages}
        async with self.locks.pipeline(wanted.name), self.locks.taking(models):
            await self._changes.finish(wanted.name)
            spec = await pinned(wanted, self._models, self._max_outcome_bytes())
            current, damaged = await self._current_or_recovered(spec)
            end = await self._buffers.ledger_end(spec.name) if current else 0
            changed = applied(spec, current, self._clock.unix_nano(), end)
            changed = replace(changed, entry=damaged or changed.entry)
            made, notice = await self._make(changed, current), ""
            if current is None or made.entry != current.entry:
                new = current is None or made.generation != current.generation
                record_applied(self._events, made, current, new_buffer=new)
                notice = _lines(await self._revisions.warning(made), without_canary(made))
        return replace(await self._changed_to(made), notice=notice)

    async def roll_back(self, name: str, revision: int = 0) -> RunningPipeline:
        """Make a pipeline what it was at an earlier revision; 0: the last one that worked.

        Raises:
            PipelineUnknown: no pipeline has this name.
            RevisionUnknown: the revision is not kept.
            ModelMissing, InvalidDocument, StorageMissing, BufferRefused: what it needs is gone.
        """
        async with self.locks.pipeline(name):
            await self._changes.finish(name)
            current = await self._store.get(name)
            earlier = await self._revisions.earlier(current, revision)
            wanted = returned(earlier, current, self._clock.unix_nano())
            async with self.locks.taking({stage.model for stage in wanted.spec.stages}):
                await pinned(wanted.spec, self._models, self._max_outcome_bytes())
                made = await self._make(wanted, current)
            self._events.record(
                name, EventKind.ROLLED_BACK, f"to revision {made.revision}, by hand"
            )
        return await self._changed_to(made)

    async def end_shadow(self, name: str) -> None:
        """Make a pipeline what it is without its shadow.

        Raises:
            PipelineUnknown: no pipeline has this name.
            ShadowUnknown: it has none.
        """
        async with self.locks.pipeline(name):
            await self._changes.finish(name)
            current = await self._store.get(name)
            if not current.shadow:
                raise ShadowUnknown(name)
            now = self._clock.unix_nano()
            wanted = applied(without_shadow(current.spec), current, now)
            made = await self._make(wanted, current)
            record_applied(self._events, made, current, new_buffer=False)
        self._changed.set()

    async def move(self, seen: StoredPipeline, wanted: StoredPipeline) -> bool:
        """Make a pipeline what a rollout is to make of it; returns whether it was.

        It is not if somebody else changed it since it was seen.

        Raises:
            StorageMissing, BufferRefused: the broker has no room for other streams.
        """
        async with self.locks.pipeline(seen.spec.name):
            await self._changes.finish(seen.spec.name)
            current = await self._current(seen.spec.name)
            if current is None or current.entry != seen.entry:
                return False
            await self._make(wanted, current)
        self._changed.set()
        return True

    async def ledger_end(self, name: str) -> int:
        """The sequence number of the newest entry in the ledger's stream of a pipeline."""
        return await self._buffers.ledger_end(name)

    async def history(self, name: str) -> tuple[StoredPipeline, list[StoredRevision]]:
        """What a pipeline is, and its revisions that are kept with that one, the newest first.

        Raises:
            PipelineUnknown: no pipeline has this name.
        """
        current = await self._store.get(name)
        return current, await self._revisions.history(current)

    async def _changed_to(self, stored: StoredPipeline) -> RunningPipeline:
        self._changed.set()
        try:
            state = await self._fleet.observe()
        except FramemeshError as error:
            # It is changed all the same, and whoever asked for it hears why no worker comes.
            return self._running(stored, _unseen(error))
        in_use = {replica.revision for replica in state.of(stored.spec.name)}
        if stored.rollout:
            in_use.add(stored.rollout.stable_revision)
        await self._revisions.forget_old(stored, in_use)
        return self._running(stored, state)

    async def get(self, name: str) -> RunningPipeline:
        """
        Raises:
            PipelineUnknown: no pipeline has this name.
        """
        return self._running(await self._store.get(name), await self._observed())

    async def list(self) -> list[RunningPipeline]:
        """All pipelines whose entry can be read, by name."""
        found = [await self._readable(name) for name in await self._store.names()]
        state = await self._observed()
        return [self._running(stored, state) for stored in found if stored is not None]

    async def delete(self, name: str, *, discard_pending: bool) -> int:
        """Delete a pipeline, its buffer and its ledger; returns how many frames were discarded.

        Raises:
            PipelineUnknown: no pipeline has this name.
            NewerDocument: a newer master wrote its entry.
            FramesPending: its buffer is not empty, and `discard_pending` is not set.
        """
        async with self.locks.pipeline(name):
            await self._changes.finish(name)
            try:
                stored = await self._store.get(name)
                stored.check_known()
                generations = _generations(stored)
            except NewerDocument:
                raise
            except InvalidDocument:
                generations = await self._buffers.generations(name)
            pending = sum([await self._buffers.pending(name, each) for each in generations])
            if pending and not discard_pending:
                raise FramesPending(
                    f"pipeline {name!r} holds {pending} accepted frames: wait until they are done,"
                    " or discard them with --discard-pending"
                )
            await self._changes.remove(name, generations, discard_pending=discard_pending)
        self._changed.set()
        log.info("pipeline deleted", pipeline=name, discarded=pending)
        return pending

    async def purge_dead_letters(self, name: str, subject: str) -> int:
        """Delete dead letters of a pipeline that match `subject`; returns how many those were.

        Raises:
            PipelineUnknown: no pipeline has this name.
        """
        # An entry that cannot be read is one, too.
        with contextlib.suppress(InvalidDocument):
            await self._store.get(name)
        purged = await self._buffers.purge_dead_letters(name, subject)
        log.info("dead letters purged", pipeline=name, subject=subject, purged=purged)
        return purged

    async def begun(self) -> Sequence[str]:
        """Pipelines with a change that was begun and not finished, by another leader or by this
        one while the broker was away."""
        return await self._changes.begun()

    async def finish(self, name: str) -> None:
        """Finish or undo the change of a pipeline that was begun."""
        async with self.locks.pipeline(name):
            await self._changes.finish(name)
        self._changed.set()

    async def provide(self, name: str) -> None:
        """Make the streams of a pipeline what it and its sinks ask for.

        Raises:
            PipelineUnknown: no pipeline has this name.
            StorageMissing, BufferRefused: the broker does not take one.
        """
        async with self.locks.pipeline(name):
            await self._changes.finish(name)
            await self._changes.provide(await self._store.get(name))

    async def drain(self, name: str) -> None:
        """Remove the generations of a pipeline that take no more frames and are empty."""
        async with self.locks.pipeline(name):
            stored = await self._current(name)
            if stored is not None and stored.draining:
                await self._drain(stored)

    async def redeliver_forgotten(self, name: str) -> None:
        """Have frames delivered again that are done and still in the buffer."""
        if (stored := await self._current(name)) is not None:
            for generation in (*stored.draining, stored.generation):
                await self._buffers.redeliver_forgotten(name, generation)

    async def _drain(self, stored: StoredPipeline) -> None:
        name = stored.spec.name
        left: list[Generation] = []
        for generation in stored.draining:
            # What was on its way into the buffer when it was retired is there at the next look.
            # Retiring is repeated for what another master left half done.
            just_retired = await self._buffers.retire(name, generation)
            if just_retired or await self._buffers.pending(name, generation):
                left.append(generation)
            else:
                await self._buffers.drop(name, generation)
                self._events.record(
                    name,
                    EventKind.GENERATION_DRAINED,
                    f"all frames of generation {generation.number} of the buffer are done",
                )
        if len(left) < len(stored.draining):
            await self._store.write(replace(stored, draining=tuple(left)))

    async def _make(self, wanted: StoredPipeline, current: StoredPipeline | None) -> StoredPipeline:
        """Make a pipeline what its entry is to be; `current` is what it is."""
        if current is not None:
            current.check_known()
        self._provisioning.add(wanted.spec.name)
        try:
            made = await self._changes.make(wanted, current)
        finally:
            self._provisioning.discard(wanted.spec.name)
        if made.draining:
            await self._drain(made)
        return made

    async def _current_or_recovered(self, spec: PipelineSpec) -> tuple[StoredPipeline | None, int]:
        """What is stored under the name of `spec`; in place of an entry that cannot be read, what
        its streams tell, with revision 0, and the number of that entry.

        Raises:
            FramesPending: they hold frames, and were made for another specification.
        """
        damaged = await self._store.entry(spec.name)
        try:
            return await self._current(spec.name), 0
        except NewerDocument:
            raise
        except InvalidDocument as error:
            log.error("stored pipeline is unreadable", pipeline=spec.name, error=str(error))
            generation = await recovered_generation(spec, self._buffers)
            return StoredPipeline(spec, generation) if generation else None, damaged

    async def _current(self, name: str) -> StoredPipeline | None:
        try:
            return await self._store.get(name)
        except PipelineUnknown:
            return None

    async def _observed(self) -> FleetState:
        """What there is; what is stored is shown also where nobody can tell that."""
        try:
            return await self._fleet.observe()
        except FramemeshError as error:
            return _unseen(error)

    async def _readable(self, name: str) -> StoredPipeline | None:
        try:
            return await self._current(name)
        except InvalidDocument as error:
            log.error("stored pipeline is unreadable", pipeline=name, error=str(error))
            return None

    def _running(self, stored: StoredPipeline, state: FleetState) -> RunningPipeline:
        name = stored.spec.name
        wanted = newest_group(stored, self._scaler.replicas(stored.spec))
        trial = stored.rollout is not None and stored.rollout.trial
        watched = self._scaler.watched(name)
        observed = self._with_downloads(state)
        building = state.building.get(name, "")
        seen = Seen(
            wanted,
            observed,
            stored.draining,
            name in self._provisioning,
            building,
            trial=trial,
            shadow=shadow_group(stored),
        )
        return RunningPipeline(
            stored,
            ready_workers(state, name),
            current_workers(wanted, state),
            _lines(trouble(wanted, observed), stored.rolled_back),
            wanted.replicas,
            self._scaler.replicas(stored.spec) if trial else 0,
            watched.load if watched else None,
            conditions(seen),
        )

    def _with_downloads(self, state: FleetState) -> FleetState:
        """A worker that starts does not report that it waits for a model: the master sends it."""
        replicas = (
            replace(each, progress=str(self._models.download_of(each.id) or each.progress))
            for each in state.replicas
        )
        return replace(state, replicas=tuple(replicas))


def _unseen(error: FramemeshError) -> FleetState:
    """For what is shown alone: of workers that may well run."""
    return FleetState(problem=str(error))


def _lines(*reasons: object) -> str:
    """Those that there are, as one line."""
    return "; ".join(str(each) for each in reasons if each)


def _generations(stored: StoredPipeline) -> list[Generation]:
    return [*stored.draining, stored.generation]
