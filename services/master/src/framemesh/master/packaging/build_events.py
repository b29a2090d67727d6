"""Records what became of the build of an image, for each pipeline that asked for it."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from framemesh.core.errors import FramemeshError
from framemesh.core.worker_role import WorkerRole, group_title
from framemesh.master.history.events import EventKind, Events
from framemesh.master.packaging.model_layer import ModelLayer
from framemesh.master.packaging.reference import ImageReference

SHOWN_DIGITS = 12
"""Of a digest: as many as Docker shows."""

MEGABYTE = 1_000_000


class PipelineRevision(NamedTuple):
    """Whose workers an image is for."""

    pipeline: str
    revision: int
    """Of a shadow: its number."""
    role: WorkerRole = WorkerRole.WORKER

    @property
    def title(self) -> str:
        return group_title(self.revision, self.role)


def record_built(
    events: Events,
    asked_by: Collection[PipelineRevision],
    layers: Sequence[ModelLayer],
    image: ImageReference,
    seconds: float,
) -> None:
    """`seconds`: from its beginning until the registry had it."""
    digest = short(image.digest)
    size = sum(each.size_bytes for each in _once(layers)) / MEGABYTE
    for each in _ordered(asked_by):
        message = (
            f"{each.title}: {digest} with {_models(layers)}, {size:.1f} MB above the base, "
            f"in {seconds:.1f} s"
        )
        events.record(each.pipeline, EventKind.IMAGE_BUILT, message)


def record_failed(
    events: Events,
    asked_by: Collection[PipelineRevision],
    layers: Sequence[ModelLayer],
    error: FramemeshError,
) -> None:
    """A build that fails again for the same reason is counted by whoever keeps the events."""
    for each in _ordered(asked_by):
        message = f"{each.title}, with {_models(layers)}: {error}"
        events.record(each.pipeline, EventKind.IMAGE_FAILED, message)


def _ordered(asked_by: Collection[PipelineRevision]) -> list[PipelineRevision]:
    return sorted(asked_by, key=lambda each: (each.pipeline, each.title))


def short(digest: str) -> str:
    """The digest of an image as a person reads it."""
    return digest[: len("sha256:") + SHOWN_DIGITS]


def _models(layers: Sequence[ModelLayer]) -> str:
    return ", ".join(each.name for each in _once(layers))


def _once(layers: Sequence[ModelLayer]) -> Collection[ModelLayer]:
    """Stages may share a model."""
    return {each.digest: each for each in layers}.values()
