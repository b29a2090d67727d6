"""How the process of a source and its reader talk: messages with a length, over a socket pair."""

import json
import struct
from dataclasses import asdict, fields, replace
from typing import Any

from framemesh.sources.encoding import Encoding, ImageFormat
from framemesh.sources.messages import (
    Alive,
    Ended,
    EndKind,
    Opened,
    SourceFrame,
    SourceMessage,
    UnreadableFrame,
)
from framemesh.sources.spec import Hardware, Kind, SourceSpec, Transport

HEADER = struct.Struct(">II")
"""Bytes of the JSON, and of the image after it."""

MAX_JSON_BYTES = 1024 * 1024
"""A folder may list many files that it leaves out."""

MAX_LEFT_OUT = 1000
"""Names of files that are told."""

_KINDS: dict[str, type[Any]] = {
    kind.__name__: kind for kind in (Opened, SourceFrame, UnreadableFrame, Alive, Ended)
}
_IMAGE, _MESSAGE = "image", "message"


def wish(quality: float) -> bytes:
    """What a reader sends: it wants one frame more, with its quality of JPEGs multiplied by 0 to 1.
    A byte, which says how many hundredths."""
    return bytes([round(100 * quality)])


def wished_quality(wishes: bytes) -> float:
    """Of the last one of some wishes."""
    return wishes[-1] / 100


def spec_json(spec: SourceSpec) -> str:
    """The specification as text, with its password."""
    return json.dumps(asdict(spec))


def encode_spec(spec: SourceSpec) -> bytes:
    """The first message, from the reader."""
    return _encoded(asdict(spec), b"")


def decode_spec(text: bytes) -> SourceSpec:
    # By hand: to import what reads documents takes as long as to read a video.
    said = json.loads(text)
    encoding = said["encoding"]
    image_format = encoding["format"]
    said["encoding"] = Encoding(
        None if image_format is None else ImageFormat(image_format), encoding["quality"]
    )
    if said["webcam_size"] is not None:
        said["webcam_size"] = tuple(said["webcam_size"])
    kinds = (("kind", Kind), ("transport", Transport), ("hardware", Hardware))
    return SourceSpec(**said | {name: kind(said[name]) for name, kind in kinds})


def encode(message: SourceMessage) -> bytes:
    said: dict[str, Any] = {_MESSAGE: type(message).__name__}
    if isinstance(message, SourceFrame):
        said |= {f.name: getattr(message, f.name) for f in fields(message) if f.name != _IMAGE}
        return _encoded(said, message.image)
    if isinstance(message, Opened):
        message = replace(message, left_out=message.left_out[:MAX_LEFT_OUT])
    return _encoded(said | asdict(message), b"")


def decode(text: bytes, image: bytes) -> SourceMessage:
    said = json.loads(text)
    kind = _KINDS[said.pop(_MESSAGE)]
    if kind is SourceFrame:
        said[_IMAGE] = image
    elif kind is Ended:
        said["kind"] = EndKind(said["kind"])
    elif kind is Opened:
        said["left_out"] = tuple(said["left_out"])
    message: SourceMessage = kind(**said)
    return message


def _encoded(said: Any, image: bytes) -> bytes:
    text = json.dumps(said).encode()
    return HEADER.pack(len(text), len(image)) + text + image
