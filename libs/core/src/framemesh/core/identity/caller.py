"""Who makes a call, and what they may see."""

from collections.abc import Collection
from dataclasses import dataclass

from framemesh.core.identity.errors import Forbidden
from framemesh.core.identity.roles import Role
from framemesh.core.identity.scope import WHOLE_MESH, Scope

CHANGING = frozenset({Role.OPERATOR, Role.ADMIN})
"""Roles that change what others see."""


@dataclass(frozen=True, slots=True)
class Caller:
    """One who calls. The messages of its refusals name only what the caller itself named, so that
    nobody learns from them what there is."""

    name: str
    role: Role
    pipelines: Scope
    cameras: frozenset[str] | None = None
    """The only ones that it may see, in each of its pipelines; None: all. Never an empty set."""

    def __post_init__(self) -> None:
        # To watchers of results no cameras are all cameras.
        assert self.cameras is None or self.cameras  # noqa: S101

    @property
    def sees_mesh(self) -> bool:
        """Whether everything is its to see."""
        return self.pipelines.is_everything and self.cameras is None

    @property
    def may_change(self) -> bool:
        return self.role in CHANGING

    def sees_pipeline(self, pipeline: str) -> bool:
        """Whether at least one camera of it is the caller's to see."""
        return self.pipelines.has(pipeline)

    def sees_whole(self, pipeline: str) -> bool:
        """Whether all cameras of it are: figures about all of them together."""
        return self.cameras is None and self.pipelines.has(pipeline)

    def sees(self, pipeline: str, camera: str) -> bool:
        return self.pipelines.has(pipeline) and (self.cameras is None or camera in self.cameras)

    def require_mesh(self) -> None:
        """
        Raises:
            Forbidden: some pipeline or camera is not the caller's.
        """
        if not self.sees_mesh:
            raise self._forbidden("is not for the whole mesh, as this call is")

    def require_pipeline(self, pipeline: str) -> None:
        """
        Raises:
            Forbidden: it is not the caller's.
        """
        if not self.sees_pipeline(pipeline):
            raise self._forbidden(f"is not for pipeline {pipeline[:64]!r}")

    def require_whole(self, pipeline: str) -> None:
        """
        Raises:
            Forbidden: not all of its cameras are the caller's.
        """
        self.require_pipeline(pipeline)
        if self.cameras is not None:
            raise self._forbidden("is for some cameras: this call is about all of a pipeline")

    def require_camera(self, pipeline: str, camera: str) -> None:
        """
        Raises:
            Forbidden: it is not the caller's.
        """
        self.require_pipeline(pipeline)
        if not self.sees(pipeline, camera):
            what = f"is not for camera {camera[:64]!r}" if camera else "is for some: name a camera"
            raise self._forbidden(what)

    def visible(self, pipeline: str, wanted: Collection[str]) -> frozenset[str]:
        """Of the cameras that a caller wants, none for all, those to show it; none: all.

        Raises:
            Forbidden: one of them is not the caller's.
        """
        self.require_pipeline(pipeline)
        for camera in wanted:
            self.require_camera(pipeline, camera)
        return frozenset(wanted) or self.cameras or frozenset()

    def _forbidden(self, why: str) -> Forbidden:
        return Forbidden(f"the token of {self.role.value} {self.name!r} {why}")


EVERYBODY = Caller("", Role.ADMIN, WHOLE_MESH)
"""Who calls a mesh without tokens: anybody, and they may do everything."""
