"""What is drawn on a canvas, and where it should be."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framemesh.api.common.v1 import outcome_pb2
from tests.browser.browser import Page

Mask = NDArray[np.bool_]

DRAWN = """(() => {
  const canvas = document.querySelector(%r)
  const { width, height } = canvas
  const pixels = canvas.getContext("2d").getImageData(0, 0, width, height).data
  const [red, green, blue] = [%d, %d, %d]
  const found = []
  for (let at = 0; at < pixels.length; at += 4) {
    const [r, g, b] = [pixels[at] - red, pixels[at + 1] - green, pixels[at + 2] - blue]
    if (Math.abs(r) + Math.abs(g) + Math.abs(b) < 24) found.push(at / 4)
  }
  return { frame: canvas.dataset.frame, width, height, found }
})()"""
"""In one go: between two pictures nothing else runs in the page."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """Pixels of one colour on a canvas, and the frame that it showed then."""

    session: str
    sequence: int
    pixels: Mask
    """(height, width)"""

    def is_near(self, x: float, y: float, reach: int) -> bool:
        """Whether one of them is within `reach` pixels of a place."""
        top, left = max(0, round(y) - reach), max(0, round(x) - reach)
        return bool(self.pixels[top : round(y) + reach + 1, left : round(x) + reach + 1].any())


async def drawn(page: Page, selector: str, colour: tuple[int, int, int]) -> Drawn:
    answer: dict[str, Any] = await page.evaluate(DRAWN % (selector, *colour))
    pixels = np.zeros(answer["height"] * answer["width"], bool)
    pixels[np.array(answer["found"], int)] = True
    session, sequence = answer["frame"].split("/")
    return Drawn(session, int(sequence), pixels.reshape(answer["height"], answer["width"]))


@dataclass(frozen=True, slots=True)
class Rectangle:
    """In pixels of a canvas."""

    left: float
    top: float
    right: float
    bottom: float

    def middles(self) -> list[tuple[float, float]]:
        """The middle of each side."""
        x, y = (self.left + self.right) / 2, (self.top + self.bottom) / 2
        return [(self.left, y), (self.right, y), (x, self.top), (x, self.bottom)]


def expected_boxes(outcome: outcome_pb2.Outcome, shape: tuple[int, int]) -> list[Rectangle]:
    """Where the boxes of a frame are on a canvas of a (height, width) that it is fitted into."""
    height, width = shape
    scale = min(width / outcome.width, height / outcome.height)
    across, down = outcome.width * scale, outcome.height * scale
    left, top = (width - across) / 2, (height - down) / 2
    return [
        Rectangle(
            left + found.box.left * across,
            top + found.box.top * down,
            left + found.box.right * across,
            top + found.box.bottom * down,
        )
        for found in outcome.detections
    ]


def around(boxes: Sequence[Rectangle], shape: tuple[int, int], reach: int, label: int) -> Mask:
    """Where something may be drawn: on the sides of boxes, and in the labels above them."""
    allowed = np.zeros(shape, bool)
    for box in boxes:
        left, right = round(box.left), round(box.right)
        top, bottom = round(box.top), round(box.bottom)
        outer = np.s_[max(0, top - reach) : bottom + reach, max(0, left - reach) : right + reach]
        inner = np.s_[top + reach : bottom - reach, left + reach : right - reach]
        inside = allowed[inner].copy()
        allowed[outer] = True
        allowed[inner] = inside
        rows = slice(max(0, top - label), top + label)
        allowed[rows, max(0, left - 6 * label) : left + 6 * label] = True
    return allowed
