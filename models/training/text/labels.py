"""Shipping labels: paper with small print, a barcode and one large code."""

from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-"

FONTS = (
    "DejaVuSans.ttf",
    "DejaVuSans-Bold.ttf",
    "DejaVuSansMono.ttf",
    "DejaVuSansMono-Bold.ttf",
    "DejaVuSerif.ttf",
    "DejaVuSerif-Bold.ttf",
    "STIXGeneral.ttf",
    "STIXGeneralBol.ttf",
    "cmss10.ttf",
    "cmtt10.ttf",
)
"""Of matplotlib; their licences allow any use."""

FIRMS = ("NORTH LINE", "Harbour Post", "quick-ship", "Parcel & Co", "TRANSIT", "Eastway")
STREETS = ("Mill Lane", "High Street", "Station Road", "Harbour Way", "Oak Avenue", "Kirkgate")
TOWNS = ("Bergen", "Leith", "Gdansk", "Porto", "Lyon", "Graz", "Turku", "Aarhus")


@dataclass(frozen=True)
class Print:
    """Something printed: its pixels, and where its code is."""

    image: NDArray[np.uint8]
    """[height, width, 4]: red, green, blue and how much it covers."""
    code: str
    box: tuple[float, float, float, float]
    """Left, top, right, bottom of the ink of the code, in pixels."""
    middles: tuple[float, ...]
    """Of each letter of the code, from the left of the image, in pixels."""


def code(random: np.random.Generator) -> str:
    """Two or three groups of letters or digits: KX-4821-B."""
    while True:
        groups = []
        for _ in range(random.integers(2, 4)):
            letters = ALPHABET[:10] if random.random() < 0.5 else ALPHABET[10:36]
            if random.random() < 0.15:
                letters = ALPHABET[:36]
            groups.append("".join(random.choice(list(letters), random.integers(1, 5))))
        made = "-".join(groups)
        if 5 <= len(made) <= 11:
            return made


def label(random: np.random.Generator, height: int) -> Print:
    """A label whose code has letters of `height` pixels."""
    value, font = code(random), _font(str(random.choice(FONTS)), height)
    small = _font(str(random.choice(FONTS[:6])), max(7, round(height * random.uniform(0.3, 0.45))))
    lines = _small_print(random, int(random.integers(1, 5)))
    ruled, bars = random.random() < 0.5, random.random() < 0.7
    margin = random.uniform(0.3, 0.6) * height
    code_top = margin + len(lines) * small.size * 1.25 + height * (0.4 if ruled else 0.1)
    bars_top = code_top + font.size * 1.15
    across = round(font.getlength(value) + height * random.uniform(1.0, 3.0))
    down = bars_top + (random.uniform(0.8, 2) * height if bars else 0) + margin / 2
    paper, ink = _paper(random), tuple(int(each) for each in random.integers(0, 60, 3))
    image = Image.new("RGBA", (across, round(down)), (*paper, 255))
    draw = ImageDraw.Draw(image)
    for number, text in enumerate(lines):
        draw.text((margin, margin + number * small.size * 1.25), text, fill=ink, font=small)
    if ruled:
        y = code_top - 0.2 * height
        draw.line((margin, y, across - margin, y), fill=ink, width=max(1, height // 14))
    x = margin if random.random() < 0.7 else max(margin, (across - font.getlength(value)) / 2)
    box = draw.textbbox((x, code_top), value, font=font)
    draw.text((x, code_top), value, fill=ink, font=font)
    if bars:
        _barcode(draw, random, (margin, bars_top, across - margin, down - margin / 2), ink)
    return Print(np.array(image), value, (box[0], box[1], box[2], box[3]), _middles(font, value, x))


def stencil(random: np.random.Generator, height: int) -> Print:
    """A code printed right on the cardboard."""
    value, font = code(random), _font(str(random.choice(FONTS[1:4])), height)
    image = Image.new("RGBA", (round(font.getlength(value)) + height, 2 * height), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    ink = (*(int(each) for each in random.integers(15, 60, 3)), int(random.integers(170, 240)))
    box = draw.textbbox((height // 2, height // 2), value, font=font)
    draw.text((height // 2, height // 2), value, fill=ink, font=font)
    middles = _middles(font, value, height // 2)
    return Print(np.array(image), value, (box[0], box[1], box[2], box[3]), middles)


def _middles(font: ImageFont.FreeTypeFont, value: str, left: float) -> tuple[float, ...]:
    """Half way between where a letter begins and where the next one does."""
    begins = [left + font.getlength(value[:count]) for count in range(len(value) + 1)]
    return tuple((one + next_one) / 2 for one, next_one in pairwise(begins))


def _paper(random: np.random.Generator) -> tuple[int, ...]:
    white = random.uniform(205, 255)
    return tuple(int(white * share) for share in random.uniform(0.93, 1, 3))


def _small_print(random: np.random.Generator, lines: int) -> list[str]:
    street = f"{random.integers(1, 200)} {random.choice(STREETS)}"
    town = f"{random.integers(1000, 99999)} {random.choice(TOWNS)}"
    weight = f"{random.uniform(0.2, 30):.1f} kg   {random.integers(1, 9)}/{random.integers(2, 9)}"
    return [str(random.choice(FIRMS)), street, town, weight][-lines:]


def _barcode(
    draw: ImageDraw.ImageDraw,
    random: np.random.Generator,
    area: tuple[float, float, float, float],
    ink: tuple[int, ...],
) -> None:
    left, top, right, bottom = area
    unit = max(1.0, (bottom - top) / 22)
    x = float(left)
    while x < right - 4 * unit:
        wide = unit * random.choice([1, 1, 2, 3])
        draw.rectangle((round(x), top, round(x + wide) - 1, bottom), fill=ink)
        x += wide + unit * random.choice([1, 1, 2, 3])


@cache
def _font(name: str, capital_height: int) -> ImageFont.FreeTypeFont:
    """One whose capital letters are about so many pixels high."""
    path = str(Path(mpl.get_data_path()) / "fonts" / "ttf" / name)
    probe = ImageFont.truetype(path, 100)
    _, top, _, bottom = probe.getbbox("H")
    return ImageFont.truetype(path, max(6, round(100 * capital_height / (bottom - top))))
