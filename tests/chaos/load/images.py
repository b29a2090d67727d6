"""The images that the cameras push, with the expected detections of each."""

import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2

from tests import reference
from tests.e2e.mesh import ROOT
from tests.reference import Scored

CLIP = ROOT / "examples/street/street.mp4"
MODEL = ROOT / "models/person"

EVERY = 10
"""Adjacent frames are similar; distant ones reveal results that were assigned to another frame."""

TOO_LARGE_BYTES = 9 * 1024 * 1024
"""More than the broker accepts in one message."""


@dataclass(frozen=True, slots=True)
class Images:
    """Folders of files for cameras; a frame is known by the CRC-32 of its bytes."""

    good: Path
    bad: Path
    people: Mapping[int, Scored]
    """Detections of the bundled model in each good image, when it is called directly."""


def make_images(folder: Path) -> Images:
    """Write the pictures into `folder`."""
    good, bad = folder / "good", folder / "bad"
    for each in (good, bad):
        each.mkdir(parents=True)
    jpegs = street()
    for number, jpeg in enumerate(jpegs):
        (good / f"{number:03}.jpg").write_bytes(jpeg)
    for name, content in poison(jpegs[0]).items():
        (bad / name).write_bytes(content)
    model = reference.session(MODEL / "1/model.onnx")
    people = {
        zlib.crc32(jpeg): reference.direct_people(model, reference.decoded(jpeg)) for jpeg in jpegs
    }
    return Images(good, bad, people)


def street() -> list[bytes]:
    """Every tenth frame of the bundled clip as JPEG, 768x576."""
    video = cv2.VideoCapture(str(CLIP))
    found: list[bytes] = []
    number = 0
    while video.grab():
        if number % EVERY == 0:
            found.append(cv2.imencode(".jpg", video.retrieve()[1])[1].tobytes())
        number += 1
    video.release()
    return found


def poison(good: bytes) -> dict[str, bytes]:
    """Invalid frames, one of each kind; none of them must be done."""
    return {
        "empty": b"",
        "text": b"this is no picture",
        "truncated": good[: len(good) // 2],
        "only-a-header": good[:200] + b"\xff\xd9",
        "too-large": good + bytes(TOO_LARGE_BYTES - len(good)),
        "no-pixels": png(64, 64, b"no pixels"),
        "a-few-pixels": png(64, 64, zlib.compress(b"too few")),
        "bomb": png(20_000, 20_000, zlib.compress(bytes(1024))),
    }


def png(width: int, height: int, content: bytes) -> bytes:
    """A PNG that declares a size and holds any bytes as its compressed pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    signature = b"\x89PNG\r\n\x1a\n"
    return signature + chunk(b"IHDR", header) + chunk(b"IDAT", content) + chunk(b"IEND", b"")
