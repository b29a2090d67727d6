"""Makes PNG files smaller: each gets a palette of its own. It runs where Pillow is installed."""

import sys
from pathlib import Path

from PIL import Image

COLOURS = 112
"""Enough for photographs beside text, as one sees them; a third of the bytes."""

ROUNDS = 2
"""In which the palette is made fitter: the first has too few of the colours that are seldom."""


def main() -> None:
    for path in sorted(Path(sys.argv[1]).glob("*.png")):
        with Image.open(path) as picture:
            small = picture.convert("RGB").quantize(
                COLOURS, dither=Image.Dither.NONE, kmeans=ROUNDS
            )
        small.save(path, optimize=True)


if __name__ == "__main__":
    main()
