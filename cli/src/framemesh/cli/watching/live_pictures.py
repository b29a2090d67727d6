"""Pictures with the results of the same frames, from the live connection of the dashboard."""

import json
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from framemesh.cli.common.calls import CallFailed
from framemesh.cli.common.connecting import connect_options
from framemesh.core.detection import Box, Detection, Keypoint, Mask, Point
from framemesh.runtime.connect_options import is_loopback
from framemesh.tls.contexts import client_context

OPEN_SECONDS = 10.0
LENGTH_BYTES = 4
"""Of the length of the header, which is before it in a message."""

WIDTH = 640
"""Of the pictures that are asked for, in pixels."""

MESSAGE_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class LivePicture:
    """A picture, and what was found in its frame."""

    captured_ms: float
    detections: tuple[Detection, ...]
    jpeg: bytes


def live_pictures(address: str, pipeline: str, camera: str) -> Iterator[LivePicture]:
    """The newest pictures of a camera as they come; those that come too fast are left out.

    Raises:
        CallFailed: the dashboard at host:port cannot be reached, or ends the connection.
    """
    wall = {"cameras": [{"pipeline": pipeline, "camera": camera}], "width": WIDTH}
    try:
        context = _context(address)
        with connect(
            f"{'ws' if context is None else 'wss'}://{address}/api/v1/live",
            ssl=context,
            open_timeout=OPEN_SECONDS,
            max_size=MESSAGE_BYTES,
        ) as connection:
            connection.send(json.dumps({"mesh": False, "wall": wall, "history": None}))
            for message in connection:
                if isinstance(message, bytes):
                    yield _picture(message)
                elif error := json.loads(message).get("error"):
                    raise CallFailed(f"the dashboard at {address}: {error}")
    except (OSError, TimeoutError, WebSocketException) as error:
        raise CallFailed(
            f"no pictures from the dashboard at {address}: {error}; does the monitor run there?"
        ) from error
    raise CallFailed(f"the dashboard at {address} ended the connection", temporary=True)


def _context(address: str) -> ssl.SSLContext | None:
    """The dashboard of this machine is never encrypted."""
    tls = connect_options().tls
    return None if tls is None or is_loopback(address) else client_context(tls)


def _picture(message: bytes) -> LivePicture:
    end = LENGTH_BYTES + int.from_bytes(message[:LENGTH_BYTES], "big")
    header = json.loads(message[LENGTH_BYTES:end])
    detections = tuple(map(_detection, header["detections"]))
    return LivePicture(header["captured_ms"], detections, message[end:])


def _detection(found: dict[str, Any]) -> Detection:
    """Without its raster, which would hide the picture at this size."""
    mask = found["mask"]
    return Detection(
        stage=found["stage"],
        label=found["label"],
        # The connection has no numbers of classes; things of one name have one color.
        class_id=sum(found["label"].encode()),
        score=found["score"],
        box=Box(*found["box"]) if found["box"] else None,
        parent=found["parent"],
        corners=tuple(Point(x, y) for x, y in found["corners"]),
        keypoints=tuple(Keypoint(Point(x, y), score) for x, y, score in found["keypoints"]),
        mask=Mask(mask["width"], mask["height"], tuple(mask["runs"])) if mask else None,
        text=found["text"],
    )
