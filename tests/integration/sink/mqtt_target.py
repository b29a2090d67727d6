"""A mosquitto of Debian, and everything that is published there."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiomqtt
import pytest

from framemesh.runtime.processes.ports import free_block
from tests.waiting import eventually

PROGRAM = shutil.which("mosquitto", path=f"{os.environ['PATH']}:/usr/sbin")


class MqttTarget:
    """A broker of a test's own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_block(1)
        self.messages: list[tuple[str, bytes]] = []
        """Topics and payloads, in the order of their arrival."""
        self.listening = asyncio.Event()
        """Set when what is published is recorded."""

    @property
    def url(self) -> str:
        return f"mqtt://user:password@127.0.0.1:{self.port}"

    async def start(self) -> asyncio.subprocess.Process:
        """Start it; it need not listen yet."""
        if PROGRAM is None:
            pytest.skip("mosquitto is not installed")
        config = self.folder / "mosquitto.conf"
        config.parent.mkdir(parents=True, exist_ok=True)
        config.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\n")
        log = (self.folder / "mosquitto.log").open("ab")
        with log:
            return await asyncio.create_subprocess_exec(
                PROGRAM, "-c", str(config), stdout=log, stderr=log
            )

    async def record(self) -> None:
        """Take all messages, for ever, and connect again when it was away."""
        while True:
            with suppress(aiomqtt.MqttError):
                async with aiomqtt.Client("127.0.0.1", self.port, identifier="test") as client:
                    await client.subscribe("#", qos=1)
                    self.listening.set()
                    async for message in client.messages:
                        assert isinstance(message.payload, bytes)
                        self.messages.append((str(message.topic), message.payload))
            await asyncio.sleep(0.05)


@asynccontextmanager
async def mqtt_target(target: MqttTarget) -> AsyncIterator[MqttTarget]:
    """While it runs."""
    process = await target.start()
    recording = asyncio.create_task(target.record())
    try:
        await eventually(target.listening.is_set)
        yield target
    finally:
        recording.cancel()
        with suppress(asyncio.CancelledError):
            await recording
        process.kill()
        await process.wait()
