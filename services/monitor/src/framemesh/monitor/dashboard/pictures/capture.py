"""One frame of a camera, as it is published: a copy that slows nothing.

A publish to JetStream is an ordinary message, so whoever subscribes to its subject gets it too. The
subscription ends by itself after one message: however many frames a second a camera sends, the
broker sends those alone that were asked for.
"""

import asyncio
import contextlib

import nats.errors
from nats.aio.msg import Msg

from framemesh.core.frame import Frame
from framemesh.monitor.dashboard.pictures.picture import CameraKey
from framemesh.runtime.concurrency.cancellation import preserve_cancellation
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.messages import frame_message
from framemesh.runtime.messages.subjects import camera_frames_subject

RETRY_SECONDS = 1.0
"""After the connection was lost, or somebody else's message came."""


async def next_frame(broker: Broker, camera: CameraKey) -> Frame:
    """The next frame that the camera offers, however long that takes."""
    while True:
        try:
            message = await _next_message(broker, camera_frames_subject(*camera))
            return frame_message.from_stored(message.headers or {}, message.data)
        except (nats.errors.Error, KeyError, ValueError):
            await asyncio.sleep(RETRY_SECONDS)


async def _next_message(broker: Broker, subject: str) -> Msg:
    await broker.connected.wait()
    client = broker.client
    found: asyncio.Future[Msg] = asyncio.get_running_loop().create_future()
    with preserve_cancellation():
        subscription = await client.subscribe(subject, future=found)
    try:
        with preserve_cancellation():
            await subscription.unsubscribe(limit=1)
        return await found
    finally:
        if not found.done() or found.cancelled():
            with contextlib.suppress(nats.errors.Error):
                await subscription.unsubscribe()
        client.forget(subscription)
