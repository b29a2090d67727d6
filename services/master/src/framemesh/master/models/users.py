"""Which pipelines use a model."""

from collections.abc import Iterable
from dataclasses import dataclass

from framemesh.core.documents.document import InvalidDocument
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.runtime.jetstream.pipeline_store import PipelineStore, PipelineUnknown


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
            spec = (await pipelines.get(pipeline)).spec
        except PipelineUnknown:
            continue
        except InvalidDocument:
            found.append(ModelUser(pipeline, 0, follows_promotions=False))
            continue
        found += dict.fromkeys(_uses(name, spec))
    return found


def _uses(name: str, spec: PipelineSpec) -> Iterable[ModelUser]:
    return (
        ModelUser(spec.name, stage.model_version, stage.follows_promotions)
        for stage in spec.stages
        if stage.model == name
    )
