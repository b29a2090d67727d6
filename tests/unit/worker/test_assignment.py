"""Which streams a worker of an earlier revision draws from."""

from dataclasses import replace

from framemesh.core.pipeline.generation import Generation
from framemesh.core.pipeline.spec import BufferSpec, PipelineSpec, StageSpec
from framemesh.runtime.jetstream.pipeline_store import StoredPipeline
from framemesh.runtime.jetstream.revision_store import StoredRevision
from framemesh.worker.assignment import at_revision

SPEC = PipelineSpec("street", (StageSpec("people", "person", 1),))
WIDER = replace(SPEC, buffer=BufferSpec(shards=8))
BETTER = replace(SPEC, stages=(StageSpec("people", "person", 2),))


def test_where_frames_are_stored_as_before_all_streams_are_those_that_there_are() -> None:
    newest = StoredPipeline(BETTER, Generation.of(1, BETTER), (), 9)
    earlier = at_revision(newest, StoredRevision(SPEC, 5))
    assert earlier == StoredPipeline(SPEC, Generation.of(1, SPEC), (), 5)


def test_frames_that_are_stored_otherwise_are_left_to_later_workers() -> None:
    first, second, third = Generation.of(1, SPEC), Generation.of(2, SPEC), Generation.of(3, WIDER)
    newest = StoredPipeline(WIDER, third, (first, second), 9)
    earlier = at_revision(newest, StoredRevision(SPEC, 5))
    assert earlier == StoredPipeline(SPEC, second, (first,), 5)


def test_without_streams_of_its_kind_there_is_nothing_to_draw() -> None:
    newest = StoredPipeline(WIDER, Generation.of(3, WIDER), (), 9)
    assert at_revision(newest, StoredRevision(SPEC, 5)) is None
