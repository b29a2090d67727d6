"""The test pattern: each picture says in its pixels which one it is, when it was drawn, and where
its square is, so that a program can compare what came out of a mesh with what went in."""

import zlib
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

_BITS = 32 + 64 + 32
"""Number, time, and a checksum of both."""
_COLUMNS = 32
_ROWS = _BITS // _COLUMNS
_SHARE = 4
"""The code has the upper quarter of the picture: blocks of 2 pixels at least, in 64x64."""

_BACKGROUND = (96, 96, 96)
_SQUARE = (32, 64, 224)


@dataclass(frozen=True, slots=True)
class Truth:
    """What a picture of the pattern shows."""

    number: int
    """1-based, of this run of the source."""
    captured_unix_nano: int
    box: tuple[int, int, int, int]
    """Left, top, right, bottom of the red square, in pixels; right and bottom are outside."""


def truth(number: int, captured_unix_nano: int, width: int, height: int) -> Truth:
    """Where the square of a picture is: it goes to and fro below the code."""
    side = height // 4
    room = width - side
    at = number * 7 % (2 * room)
    left = at if at < room else 2 * room - at
    top = height // 2
    return Truth(number, captured_unix_nano, (left, top, left + side, top + side))


def draw(number: int, captured_unix_nano: int, width: int, height: int) -> NDArray[np.uint8]:
    """[height, width, 3] of BGR."""
    pixels = np.full((height, width, 3), _BACKGROUND, np.uint8)
    block_width, block_height = _block(width, height)
    bits = np.unpackbits(np.frombuffer(_code(number, captured_unix_nano), np.uint8))
    code = (bits.reshape(_ROWS, _COLUMNS) * 255).astype(np.uint8)
    code = np.kron(code, np.ones((block_height, block_width), np.uint8))
    pixels[: code.shape[0], : code.shape[1]] = code[..., None]
    left, top, right, bottom = truth(number, captured_unix_nano, width, height).box
    cv2.rectangle(pixels, (left, top), (right - 1, bottom - 1), _SQUARE, thickness=-1)
    return pixels


def read_truth(pixels: NDArray[np.uint8]) -> Truth | None:
    """What a picture of the pattern says, also after a JPEG; None if it is none, or unreadable."""
    height, width = pixels.shape[:2]
    block_width, block_height = _block(width, height)
    if not block_width or not block_height:
        return None
    grey = pixels.mean(axis=2)[: _ROWS * block_height, : _COLUMNS * block_width]
    blocks = grey.reshape(_ROWS, block_height, _COLUMNS, block_width).mean(axis=(1, 3))
    code = np.packbits((blocks > 127).ravel()).tobytes()
    number, captured = int.from_bytes(code[:4], "big"), int.from_bytes(code[4:12], "big")
    if code != _code(number, captured):
        return None
    return truth(number, captured, width, height)


def _code(number: int, captured_unix_nano: int) -> bytes:
    said = number.to_bytes(4, "big") + captured_unix_nano.to_bytes(8, "big")
    return said + zlib.crc32(said).to_bytes(4, "big")


def _block(width: int, height: int) -> tuple[int, int]:
    return width // _COLUMNS, height // _SHARE // _ROWS
