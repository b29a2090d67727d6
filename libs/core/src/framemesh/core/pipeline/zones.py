"""The zones of a pipeline: named parts of the frame, for all cameras or for some."""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field

from framemesh.core.detection import Point
from framemesh.core.names import Name
from framemesh.core.pipeline.polygon import Corner, contains, polygon_problem

MIN_CORNERS, MAX_CORNERS = 3, 64
"""Of a zone. Each is looked at for each thing that may be in it."""

MAX_CAMERAS = 256
"""That a zone names; without names it is for all."""

FrameFraction = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


def _simple(corners: tuple[Corner, ...]) -> tuple[Corner, ...]:
    if problem := polygon_problem(corners):
        raise ValueError(problem)
    return corners


@dataclass(frozen=True, slots=True)
class ZoneSpec:
    """A polygon in fractions of the frame. (0, 0) is the frame's upper left."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    points: Annotated[
        tuple[tuple[FrameFraction, FrameFraction], ...],
        Field(min_length=MIN_CORNERS, max_length=MAX_CORNERS),
        AfterValidator(_simple),
    ]
    """Its corners, in order around it, in either direction."""
    cameras: Annotated[tuple[Name, ...], Field(max_length=MAX_CAMERAS)] = ()
    """Only in the frames of these; empty: of all."""

    def is_for(self, camera: str) -> bool:
        """Whether frames of a camera have this zone."""
        return not self.cameras or camera in self.cameras

    def contains(self, point: Point) -> bool:
        """Whether a point is inside, as `polygon.contains` says."""
        return contains(self.points, point.x, point.y)


def _of_points(value: Any) -> Any:
    match value:
        case list() | tuple():
            return {"points": value}
        case dict() | ZoneSpec():
            return value
        case _:
            raise ValueError("a zone is [[x, y], ...], or {points: [[x, y], ...], cameras: [...]}")


Zone = Annotated[ZoneSpec, BeforeValidator(_of_points)]
"""As a field: a list of points alone is short for {points: [...]}."""
