"""One frame of a camera, as it is published: a copy that slows nothing."""

import asyncio

import nats.errors

from framemesh.core.frame import Frame
from framemesh.monitor.dashboard.pictures.one_message import next_message
from framemesh.monitor.dashboard.pictures.picture import CameraKey
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.messages import frame_message
from framemesh.runtime.messages.subjects import camera_frames_subject

RETRY_SECONDS = 1.0
"""After the connection was lost, or somebody else's message came."""


async def next_frame(broker: Broker, camera: CameraKey) -> Frame:
    """The next frame that the camera offers, however long that takes."""
    while True:
        try:
            async with next_message(broker, camera_frames_subject(*camera)) as coming:
                message = await coming
            return frame_message.from_stored(message.headers or {}, message.data)
        except (nats.errors.Error, KeyError, ValueError):
            await asyncio.sleep(RETRY_SECONDS)
