"""A pipeline whose entry cannot be read is applied again, over the streams that it had."""

from framemesh.core.errors import Code, FramemeshError
from framemesh.core.pipeline.generation import Generation
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.master.pipelines.buffer import BufferProvisioner


class FramesPending(FramemeshError):
    """Accepted frames wait in the buffer that is to be deleted."""

    code = Code.CONFLICT


async def recovered_generation(spec: PipelineSpec, buffers: BufferProvisioner) -> Generation | None:
    """The newest generation that the broker has of a pipeline, if `spec` would make the same; None
    if there is none. All others are removed.

    Raises:
        FramesPending: others hold frames, and only the entry told whose shards those are in.
    """
    found = await buffers.generations(spec.name)
    kept: Generation | None = None
    if found:
        newest = Generation.of(found[-1].number, spec)
        if newest.streams == found[-1].streams and await buffers.holds(spec, newest):
            kept = newest
            found.pop()
    await _check_empty(spec.name, found, buffers)
    for generation in found:
        # What was on its way in is there once nothing can follow.
        await buffers.retire(spec.name, generation)
    await _check_empty(spec.name, found, buffers)
    for generation in found:
        await buffers.drop(spec.name, generation)
    return kept


async def _check_empty(pipeline: str, found: list[Generation], buffers: BufferProvisioner) -> None:
    pending = sum([await buffers.pending(pipeline, each) for each in found])
    if pending:
        raise FramesPending(
            f"the entry of pipeline {pipeline!r} is damaged, and streams that it had for other "
            f"shards hold {pending} accepted frames: apply it as it was, or discard them with "
            "`framemesh pipeline delete --discard-pending`"
        )
