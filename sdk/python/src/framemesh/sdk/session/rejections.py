"""Frames that ingest refused, reported to the user and to the log."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FrameRejected:
    """Ingest refused one frame. The camera goes on."""

    sequence: int
    """1 for the first frame of this camera."""
    reason: str
    """One stable word: "too_large", "not_an_image", "truncated", ..."""
    message: str
    """What is wrong with it and what to do, for a person."""


class Rejections:
    """Passes every rejection to the callback, and the first of each reason to the log."""

    def __init__(self, camera: str, on_rejected: Callable[[FrameRejected], None] | None) -> None:
        self._camera = camera
        self._on_rejected = on_rejected
        self._logged: set[str] = set()

    def report(self, rejected: Iterable[FrameRejected]) -> None:
        for one in rejected:
            if one.reason not in self._logged:
                self._logged.add(one.reason)
                log.warning(
                    "camera %s: frame %d was rejected as %s: %s (further ones are only counted)",
                    self._camera,
                    one.sequence,
                    one.reason,
                    one.message,
                )
            if self._on_rejected is not None:
                self._on_rejected(one)
