"""Which image the workers of a group run."""

from dataclasses import dataclass
from typing import Protocol

from framemesh.core.worker_role import WorkerRole


class ImageSource(Protocol):
    """What the driver needs of packaging."""

    async def image(
        self, pipeline: str, revision: int, role: WorkerRole = WorkerRole.WORKER
    ) -> str:
        """By digest, as `registry:5000/framemesh/worker@sha256:...`: of a tag, each node might have
        another image.

        Raises:
            ImageNotReady: it is being built; says how far it is.
            FramemeshError: nobody can tell now; ask again.
        """
        ...


@dataclass(frozen=True, slots=True)
class OneImage:
    """The same for all groups: their workers download their models."""

    reference: str

    async def image(
        self, pipeline: str, revision: int, role: WorkerRole = WorkerRole.WORKER
    ) -> str:
        return self.reference
