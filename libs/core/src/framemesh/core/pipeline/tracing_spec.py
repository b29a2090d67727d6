"""How many frames of a pipeline are traced."""

from dataclasses import dataclass

from pydantic import ConfigDict

from framemesh.core.documents.share import Share


@dataclass(frozen=True, slots=True)
class TracingSpec:
    """Not a part of a revision: it changes while cameras and workers go on."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    sample: Share = 0.001
    """Of the frames of each camera, those that are traced in any case. Dead frames, those with
    errors and those past the objective are traced besides."""
