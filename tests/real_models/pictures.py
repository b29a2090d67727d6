"""Pictures in which the packages' models find something: drawn, or from scikit-image's samples."""

from collections.abc import Callable

import cv2
import numpy as np

from tests.model_families.planted import Picture
from tests.real_models.packages_run import site_packages

INK, PAPER = (20, 20, 20), (255, 255, 255)
ISBN = "ISBN 978-7-115-54608-1"
ISBN_BARS = (
    "101011101100010010010001001100101100110110001010"
    "10100111010111001010000111001010010001100110101"
)
"""Its EAN-13: 1 is a bar."""
LINES = ("framemesh reads text", "of many cameras", "No. 12345 / 2026")


def page(width: int, height: int) -> Picture:
    """Lines of text, as large as the page allows."""
    image = np.full((height, width, 3), 255, np.uint8)
    size = width / 500
    for number, line in enumerate(LINES):
        at = (width // 20, height * (2 * number + 1) // 6)
        cv2.putText(image, line, at, cv2.FONT_HERSHEY_SIMPLEX, size, INK, max(1, int(2 * size)))
    return image


def line(text: str, width: int, height: int = 48) -> Picture:
    """One line of text over the whole picture."""
    image = np.full((height, width, 3), 255, np.uint8)
    size = height / 40
    at = (height // 6, height * 3 // 4)
    cv2.putText(image, text, at, cv2.FONT_HERSHEY_SIMPLEX, size, INK, 2, cv2.LINE_AA)
    return image


def upside_down(image: Picture) -> Picture:
    return image[::-1, ::-1].copy()


def book_cover(width: int, height: int) -> Picture:
    """The back of a book, with the barcode of its ISBN."""
    image = np.full((height, width, 3), 180, np.uint8)
    bar = max(1, width // 425)
    wide, high = len(ISBN_BARS) * bar, len(ISBN_BARS) * bar * 3 // 5
    left, top = (width - wide) * 2 // 3, (height - high) * 2 // 3
    corner, opposite = (left - 12 * bar, top - 14 * bar), (left + wide + 12 * bar, top + high)
    cv2.rectangle(image, corner, (opposite[0], opposite[1] + 16 * bar), PAPER, -1)
    for number, ink in enumerate(ISBN_BARS):
        if ink == "1":
            at = left + number * bar
            image[top : top + high, at : at + bar] = INK
    above = (left - 2 * bar, top - 4 * bar)
    cv2.putText(image, ISBN, above, cv2.FONT_HERSHEY_SIMPLEX, 0.26 * bar, INK, max(1, bar // 2))
    return image


def sample(name: str) -> Picture:
    """One of scikit-image's, blue first."""
    image = cv2.imread(str(site_packages() / "skimage" / "data" / name))
    assert image is not None
    return np.asarray(image, np.uint8)


def face(width: int, height: int) -> Picture:
    """A person, whole, on black."""
    side = min(width, height)
    image = np.zeros((height, width, 3), np.uint8)
    top, left = (height - side) // 2, (width - side) // 2
    person = cv2.resize(sample("astronaut.png"), (side, side), interpolation=cv2.INTER_AREA)
    image[top : top + side, left : left + side] = person
    return image


def slider(width: int, height: int) -> Picture:
    """A puzzle with the shade of the piece that is missing."""
    image = cv2.resize(sample("coffee.png"), (width, height))
    side = height // 4
    top, left = height // 3, width * 3 // 5
    hole = image[top : top + side, left : left + side]
    hole[:] = hole // 3
    cv2.circle(image, (left + side, top + side // 2), side // 5, (40, 40, 40), -1)
    cv2.rectangle(image, (left, top), (left + side, top + side), (230, 230, 230), 2)
    return np.asarray(image, np.uint8)


Draw = Callable[[], Picture]

SIZES = {"landscape": (1280, 736), "portrait": (736, 1280), "tiny": (96, 64), "large": (2560, 1472)}


def of_sizes(draw: Callable[[int, int], Picture], **sizes: tuple[int, int]) -> dict[str, Draw]:
    """Pictures of each kind of size; `sizes` in place of the usual ones."""
    return {
        name: lambda size=size: draw(*size)  # type: ignore[misc]
        for name, size in {**SIZES, **sizes}.items()
    }
