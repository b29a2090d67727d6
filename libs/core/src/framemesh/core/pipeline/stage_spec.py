"""The specification of one stage: what it runs, and on what."""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AliasChoices, BeforeValidator, ConfigDict, Field

from framemesh.core.graph.condition.field import When
from framemesh.core.names import Name

_STRICT = ConfigDict(extra="forbid")

MIN_TILE, MAX_TILE = 64, 8192

MAX_SOURCES = 64
"""Stages that one stage names."""


@dataclass(frozen=True, slots=True)
class TilesSpec:
    """How a stage cuts large images into overlapping squares, so that small things stay large."""

    __pydantic_config__ = _STRICT

    size: Annotated[int, Field(ge=MIN_TILE, le=MAX_TILE)] = 640
    """Side of a tile in pixels of the image. An image with a shorter side has less."""
    overlap: Annotated[float, Field(ge=0, le=0.5, allow_inf_nan=False)] = 0.2
    """Of neighbours, as a fraction of a tile: more than the largest thing should be."""
    whole: bool = False
    """Whether the model sees the whole image, too: for things that are larger than a tile."""


def _listed(value: Any) -> Any:
    # Empty, it is what was stored of a stage on the whole frame when there was one name at most.
    return ((value,) if value else ()) if isinstance(value, str) else value


StageNames = Annotated[tuple[Name, ...], Field(max_length=MAX_SOURCES), BeforeValidator(_listed)]
"""Names of other stages; one may stand without a list around it."""


@dataclass(frozen=True, slots=True)
class StageSpec:
    """One model call of a pipeline."""

    __pydantic_config__ = _STRICT

    name: Name
    model: Name
    model_version: Annotated[int, Field(ge=0)] = 0
    """0: the current one of the model when the pipeline is applied; the stage then follows it."""
    for_each: Annotated[
        StageNames, Field(validation_alias=AliasChoices("for_each", "crops_of"))
    ] = ()
    """Once for each box that these stages found, cropped; empty: once for the whole frame.
    `crops_of` is its older name."""
    after: StageNames = ()
    """Once these are through, if one of them ran."""
    when: When | None = None
    """Only the boxes, or the frames, of which this is true; None: all."""
    labels: tuple[str, ...] = ()
    """Only boxes with one of these labels; empty: all."""
    crop_margin: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = 0.0
    """Of the frame around each crop, as a fraction of the shorter side of its box: a reader or a
    pose model sees more than what a tight box leaves."""
    max_delay_ms: Annotated[int, Field(ge=0, le=1000)] = 5
    """How long a frame may wait for others to be batched into one request to the model."""
    tiles: TilesSpec | None = None
    """Set: the model sees overlapping tiles of the whole frame, and what it finds is merged."""
    follows_promotions: bool = False
    """Whether `framemesh model promote` changes the version. Set where the owner named none."""

    @property
    def sources(self) -> tuple[str, ...]:
        """All stages that must be through before this one."""
        return (*self.for_each, *self.after)
