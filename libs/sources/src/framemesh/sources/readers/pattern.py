"""A test pattern that says what it shows."""

import time
from collections.abc import Iterator
from functools import partial

from framemesh.sources.locations import parse_pattern
from framemesh.sources.messages import Opened
from framemesh.sources.pattern import draw
from framemesh.sources.readers.picture import Picture
from framemesh.sources.spec import SourceSpec


class PatternReader:
    """A live source whose pictures are drawn when they are due; late ones are left out."""

    damaged = 0
    shortfall = ""

    def __init__(self, spec: SourceSpec) -> None:
        self._width, self._height, self._fps = parse_pattern(spec.place)
        size = f"{self._width}x{self._height}"
        self.opened = Opened(live=True, description=f"test pattern {size} {self._fps:g}/s")

    def items(self) -> Iterator[Picture]:
        began, number = time.monotonic(), 0
        while True:
            number += 1
            due = began + (number - 1) / self._fps
            if (pause := due - time.monotonic()) > 0:
                time.sleep(pause)
            captured = time.time_ns()
            yield Picture(
                f"pattern frame {number}",
                decode=partial(draw, number, captured, self._width, self._height),
                captured=lambda captured=captured: captured,  # type: ignore[misc]
                size=(self._width, self._height),
            )

    def close(self) -> None:
        """Nothing is open."""
