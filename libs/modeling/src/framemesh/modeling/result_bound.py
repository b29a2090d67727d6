"""The most that a model tells of one image."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ResultBound:
    """Known before the model runs, from its outputs and its manifest."""

    detections: int
    detection_bytes: int
    """Of each of them, as a part of an outcome."""

    @property
    def bytes(self) -> int:
        """Of all of them."""
        return self.detections * self.detection_bytes
