"""Which pipelines use a model."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from framemesh.core.documents.document import InvalidDocument
from framemesh.core.pipeline.shadow import shadow_of
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.core.worker_role import WorkerRole
from framemesh.master.fleet.port import Replica
from framemesh.runtime.jetstream.pipeline_store import PipelineStore, PipelineUnknown
from framemesh.runtime.jetstream.revision_store import RevisionStore


@dataclass(frozen=True, slots=True)
class ModelUser:
    """A pipeline, and a version that it has."""

    pipeline: str
    version: int
    """0: its entry cannot be read, so that it may have any."""
    follows_promotions: bool


async def users_of(name: str, pipelines: PipelineStore) -> list[ModelUser]:
    """The pipelines with stages of this model, and those whose entry cannot be read; a pipeline
    with several versions is there several times."""
    found: list[ModelUser] = []
    for pipeline in await pipelines.names():
        try:
            stored = await pipelines.get(pipeline)
        except PipelineUnknown:
            continue
        except InvalidDocument:
            found.append(ModelUser(pipeline, 0, follows_promotions=False))
            continue
        newest = dict.fromkeys(_uses(name, stored.spec))
        versions = {each.version for each in newest}
        shadow = _shadowed(name, stored.spec)
        found += newest
        found += dict.fromkeys(each for each in shadow if each.version not in versions)
        if stored.rollout:
            # What comes back if the newest revision is given up.
            stable = (
                replace(each, follows_promotions=False)
                for each in _uses(name, stored.rollout.stable)
            )
            found += dict.fromkeys(each for each in stable if each.version not in versions)
    return found


async def running_with(
    name: str, version: int, replicas: Iterable[Replica], revisions: RevisionStore
) -> list[str]:
    """The revisions of pipelines, other than the current ones, whose workers have this version."""
    found: list[str] = []
    # What shadows have is in the entries of their pipelines, or they stop.
    real = (each for each in replicas if each.role is WorkerRole.WORKER)
    for pipeline, revision in sorted({(each.pipeline, each.revision) for each in real}):
        try:
            kept = await revisions.get(pipeline, revision)
        except InvalidDocument:
            continue
        if kept and version in (each.version for each in _uses(name, kept.spec)):
            found.append(f"revision {revision} of {pipeline}")
    return found


def _uses(name: str, spec: PipelineSpec) -> Iterable[ModelUser]:
    return (
        ModelUser(spec.name, stage.model_version, stage.follows_promotions)
        for stage in spec.stages
        if stage.model == name
    )


def _shadowed(name: str, spec: PipelineSpec) -> Iterable[ModelUser]:
    """What the shadow of a pipeline has."""
    shadow = shadow_of(spec)
    uses = _uses(name, shadow) if shadow else ()
    return (replace(each, follows_promotions=False) for each in uses)
