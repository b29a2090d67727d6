"""How a pipeline looks on a terminal."""

from collections.abc import Iterator, Sequence

from framemesh.api.master.v1 import pipeline_pb2
from framemesh.cli.common.time_format import format_time
from framemesh.cli.views.listing import Column, Listing
from framemesh.core.documents.share import share_text


def table(pipelines: Sequence[pipeline_pb2.Pipeline]) -> Listing:
    """A row for each pipeline."""
    revision = Column("revision", number=True)
    view = Listing(
        [Column("pipeline"), revision, Column("workers"), Column("stages"), Column("trouble")]
    )
    for one in pipelines:
        wanted = one.wanted_workers + one.wanted_stable_workers
        workers = f"{one.ready_workers} of {wanted}{bounds(one.spec.workers)}"
        view.add(one.spec.name, str(one.revision), workers, stages(one.spec), one.trouble)
    return view


def revisions_table(revisions: Sequence[pipeline_pb2.Revision]) -> Listing:
    """A row for each revision that is kept."""
    revision = Column("revision", number=True)
    view = Listing([revision, Column("applied"), Column("stages"), Column("note")])
    for each in revisions:
        applied = format_time(each.applied_unix_nano) if each.applied_unix_nano else "not known"
        note = "current" if each.current else each.problem and f"rolled back: {each.problem}"
        view.add(str(each.revision), applied, stages(each.spec), note)
    return view


def stages(spec: pipeline_pb2.PipelineSpec) -> str:
    """The stages and their models, in one line."""
    return ", ".join(f"{each.name} ({each.model} {each.model_version})" for each in spec.stages)


def lines(pipeline: pipeline_pb2.Pipeline) -> Iterator[str]:
    """What is known of one pipeline."""
    spec = pipeline.spec
    yield f"pipeline {spec.name}, revision {pipeline.revision}"
    yield f"  stages        {stages(spec)}"
    ready = f"{pipeline.current_workers} of {pipeline.wanted_workers} ready"
    yield f"  workers       {ready}{_earlier(pipeline)}{bounds(spec.workers)}"
    if pipeline.HasField("load"):
        yield f"  load          {load(pipeline.load)}"
    if pipeline.HasField("rollout"):
        yield f"  rollout       {_rollout(pipeline.rollout)}"
    if pipeline.rolled_back:
        yield f"  rolled back   {pipeline.rolled_back}"


def bounds(workers: pipeline_pb2.Workers) -> str:
    """Between which the number of workers follows the load; empty where it does not."""
    return f" (from {workers.min} to {workers.max})" if workers.max > workers.min else ""


def load(found: pipeline_pb2.Load) -> str:
    """What the number of workers is chosen by, in one line."""
    parts = [f"{found.pending_frames} frames wait"]
    if found.HasField("growth"):
        parts[0] += f" ({found.growth:+.1f}/s)"
    if found.HasField("arriving_per_second"):
        parts.append(f"{found.arriving_per_second:.1f}/s come in")
    if found.HasField("worker_rate"):
        parts.append(f"one worker does {found.worker_rate:.1f}/s")
    if found.HasField("worker_start"):
        parts.append(f"and starts in {found.worker_start.ToTimedelta().total_seconds():.1f} s")
    return ", ".join(parts)


_PHASES = {
    pipeline_pb2.ROLLOUT_PHASE_STARTING: "starting",
    pipeline_pb2.ROLLOUT_PHASE_SWITCHING: "its cameras go to it",
    pipeline_pb2.ROLLOUT_PHASE_CANARY: "it has its share of the cameras",
    pipeline_pb2.ROLLOUT_PHASE_REPLACING: "its workers replace the others",
    pipeline_pb2.ROLLOUT_PHASE_WATCHING: "its outcomes are watched",
}


def _rollout(rollout: pipeline_pb2.RolloutStatus) -> str:
    phase = _PHASES.get(rollout.phase, "under way")
    if rollout.canary:
        phase = f"canary of {share_text(rollout.canary)}, {phase}"
    since = format_time(rollout.since_unix_nano)
    return f"{phase} since {since}; else back to revision {rollout.stable_revision}"


def _earlier(pipeline: pipeline_pb2.Pipeline) -> str:
    earlier = pipeline.ready_workers - pipeline.current_workers
    return f", {earlier} of an earlier revision" if earlier > 0 else ""
