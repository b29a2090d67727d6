"""What a watched source gives, in its order."""

from dataclasses import dataclass
from typing import TypeAlias

from framemesh.sources.messages import SourceFrame, UnreadableFrame


@dataclass(frozen=True, slots=True)
class Filtered:
    """Frames in a row that are not given, because nothing moved in them."""

    frames: int


Item: TypeAlias = SourceFrame | UnreadableFrame | Filtered
