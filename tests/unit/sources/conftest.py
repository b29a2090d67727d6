"""Small videos and images."""

import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from framemesh.sources.readers.picture import Item, Picture, Reader

_DHT = re.compile(rb"\xff\xc4(..)", re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.jpg", "a.PNG", "c.webp", "notes.txt"):
        (tmp_path / name).write_bytes(name.encode())
    return tmp_path


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """Three pictures, each of one grey."""
    return grey_video(tmp_path / "grey.avi", (0, 100, 200))


def grey_video(path: Path, levels: tuple[int, ...]) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (64, 48))
    for level in levels:
        writer.write(np.full((48, 64, 3), level, np.uint8))
    writer.release()
    return path


def noise(width: int = 40, height: int = 24) -> NDArray[np.uint8]:
    return np.random.default_rng(7).integers(0, 256, (height, width, 3), np.uint8)


def pictures(reader: Reader) -> list[Picture]:
    return [item for item in reader.items() if isinstance(item, Picture)]


def everything(reader: Reader) -> list[Item]:
    return list(reader.items())


def without_tables(jpeg: bytes) -> bytes:
    """As webcams send it."""
    while (found := _DHT.search(jpeg, 0, jpeg.index(b"\xff\xda"))) is not None:
        length = int.from_bytes(found[1], "big")
        jpeg = jpeg[: found.start()] + jpeg[found.start() + 2 + length :]
    return jpeg
