"""Records what a person changed of a pipeline."""

from framemesh.core.pipeline.changes import changes
from framemesh.master.history.events import EventKind, Events
from framemesh.runtime.jetstream.pipeline_store import StoredPipeline


def record_applied(
    events: Events, made: StoredPipeline, before: StoredPipeline | None, *, new_buffer: bool
) -> None:
    """`new_buffer`: streams were made that take its frames from now on."""
    name, taken = made.spec.name, made.generation
    if new_buffer:
        streams = "1 stream" if taken.streams == 1 else f"{taken.streams} streams"
        shards = taken.streams * taken.shards
        message = f"generation {taken.number}: {shards} shards in {streams}"
        events.record(name, EventKind.BUFFER_PROVISIONED, message)
    changed = ", ".join(changes(before.spec, made.spec)) if before else "new"
    events.record(name, EventKind.APPLIED, f"revision {made.revision}: {changed or 'as it was'}")
