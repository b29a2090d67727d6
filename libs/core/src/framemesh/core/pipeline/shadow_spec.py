"""Other versions of a pipeline's models, which have the same frames beside those that run."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import ConfigDict, Field

from framemesh.core.names import Name

MAX_SHADOW_WORKERS = 100


@dataclass(frozen=True, slots=True)
class ShadowSpec:
    """What the shadow of a pipeline does otherwise."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    models: Annotated[dict[Name, Annotated[int, Field(ge=1)]], Field(min_length=1)]
    """By stage: the version of its model that the shadow has."""
    workers: Annotated[int, Field(ge=1, le=MAX_SHADOW_WORKERS)] = 1
    """What they cannot keep up with is skipped."""
