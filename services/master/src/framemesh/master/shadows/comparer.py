"""Compares the outcomes of a run with the real ones of the same frames."""

import asyncio
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import replace

from google.protobuf.message import DecodeError

from framemesh.core.clock import NANO, Clock
from framemesh.core.frame import FrameId
from framemesh.core.outcome import Outcome
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.master.shadows.comparison import Comparison
from framemesh.master.shadows.shadow_store import ComparedRun, ComparedStage, ShadowStore
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.jetstream.api.messages import StoredMessage
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.pipeline_store import StoredPipeline
from framemesh.runtime.logs import get_logger
from framemesh.runtime.messages import outcome_message
from framemesh.runtime.messages.subjects import (
    ledger_stream,
    outcome_subject,
    run_subjects,
    runs_stream,
    shadow_run,
    shadow_stream,
)

log = get_logger()

BATCH = 100
"""Outcomes that are compared at once, some 20 ms of CPU: with a pause between two batches it bounds
what a fast shadow costs the master."""

PATIENCE_SECONDS = 30.0
"""For the real outcome of a frame that the shadow has done."""


class Comparer:
    """Adds one batch after the other to what is stored, so that whoever comes next goes on."""

    def __init__(self, broker: Broker, store: ShadowStore, clock: Clock) -> None:
        self._messages = JetStream(broker).messages
        self._streams = JetStream(broker).streams
        self._store = store
        self._clock = clock

    async def compare(self, stored: StoredPipeline) -> ComparedRun:
        """Compare the next outcomes of a pipeline's shadow, BATCH at most; returns what that makes.

        Killed before the sums are stored, the same outcomes are compared again.

        Raises:
            StreamNotFound: the shadow, or the pipeline, was removed.
            ComparisonConflict: so it was, or another master goes on with it.
            BrokerUnavailable: the broker does not answer in time.
        """
        pipeline, run = stored.spec.name, shadow_run(stored.shadow)
        known = await self._store.get(pipeline)
        if known is None or known.run != run:
            known = await self._begun(stored, run, known.entry if known else 0)
        messages = await self._messages.direct_batch(
            runs_stream(pipeline), run_subjects(pipeline, run), known.sequence + 1, BATCH
        )
        if not messages:
            return known
        subjects = [_live_subject(pipeline, message) for message in messages]
        found = await self._messages.direct_last_of_each(ledger_stream(pipeline), *subjects)
        real = {message.subject: message.payload for message in found}
        ripe = self._ripe(messages, subjects, real)
        if not ripe:
            return known
        compared = replace(
            known,
            sequence=messages[ripe - 1].sequence,
            # Decoding and matching of a batch would hold the event loop up.
            comparison=await asyncio.to_thread(
                _added, known.comparison, messages[:ripe], subjects, real
            ),
        )
        return await self._store.put(pipeline, compared)

    async def _begun(self, stored: StoredPipeline, run: str, entry: int) -> ComparedRun:
        """Of which nothing is compared yet, in place of an entry of this revision."""
        name = stored.spec.name
        begun = ComparedRun(
            run,
            self._clock.unix_nano(),
            compared_stages(stored.spec),
            copies_before=(await self._streams.info(shadow_stream(name))).state.last_sequence,
            outcomes_before=(await self._streams.info(runs_stream(name))).state.last_sequence,
            entry=entry,
        )
        return await self._store.put(name, begun)

    def _ripe(
        self,
        messages: Sequence[StoredMessage],
        subjects: Sequence[str],
        real: Mapping[str, bytes],
    ) -> int:
        """How many of the outcomes can be compared: those before the first one that still waits for
        the real one."""
        waits_since = self._clock.unix_nano() - round(PATIENCE_SECONDS * NANO)
        for at, (message, subject) in enumerate(zip(messages, subjects, strict=True)):
            if subject not in real and message.stored_unix_nano > waits_since:
                return at
        return len(messages)


def compared_stages(spec: PipelineSpec) -> tuple[ComparedStage, ...]:
    """The stages of a pipeline for which its shadow has other versions."""
    shadow = spec.rollout.shadow
    models = shadow.models if shadow else {}
    return tuple(
        ComparedStage(each.name, each.model, each.model_version, models[each.name])
        for each in spec.stages
        if each.name in models
    )


def _live_subject(pipeline: str, message: StoredMessage) -> str:
    """Where the real outcome of its frame is."""
    camera, session, sequence = message.subject.split(".")[-3:]
    return outcome_subject(pipeline, FrameId(camera, session, int(sequence)))


def _added(
    comparison: Comparison,
    messages: Sequence[StoredMessage],
    subjects: Sequence[str],
    real: Mapping[str, bytes],
) -> Comparison:
    """The sums with these outcomes."""
    sums = deepcopy(comparison)
    for message, subject in zip(messages, subjects, strict=False):
        shadow = _outcome(message.payload)
        if shadow is not None:
            payload = real.get(subject)
            sums.add(None if payload is None else _outcome(payload), shadow)
    return sums


def _outcome(payload: bytes) -> Outcome | None:
    """None: somebody else wrote there."""
    try:
        return outcome_message.from_payload(payload)
    except (DecodeError, KeyError) as error:
        log.warning("entry is no outcome", error=repr(error))
        return None
