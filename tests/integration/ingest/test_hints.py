"""Cameras hear what their pipeline can take, over a real broker."""

import asyncio

import pytest

import framemesh.ingest.hints.backlog_watch
from framemesh.core.pipeline.generation import Generation
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.runtime.concurrency.background_task import background_task
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.messages.subjects import frames_streams
from framemesh.runtime.processes.ports import free_block
from framemesh.sdk import AsyncCamera, CameraOptions, Hint
from tests.integration.ingest.conftest import jpeg
from tests.integration.services.running import ingest

WORKED_OFF = 40.0
"""Frames a second, of 200 that are sent."""


async def work_off(broker: Broker, pipeline: PipelineSpec) -> None:
    """As workers do: so many frames a second leave the buffer, for ever."""
    streams = frames_streams(pipeline.name, Generation.of(1, pipeline))
    while True:
        await asyncio.sleep(len(streams) / WORKED_OFF)
        for stream in streams:
            state = (await broker.request(f"$JS.API.STREAM.INFO.{stream}", {}))["state"]
            if state["messages"]:
                body = {"seq": state["first_seq"] + 1}
                await broker.request(f"$JS.API.STREAM.PURGE.{stream}", body)


async def test_a_camera_is_asked_for_less_while_its_backlog_grows_and_for_more_after_that(
    nats_broker: Broker,
    nats_url: str,
    pipeline: PipelineSpec,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(framemesh.ingest.hints.backlog_watch, "LOOK_SECONDS", 0.3)
    address = f"127.0.0.1:{free_block(1)}"
    heard: list[Hint] = []
    options = CameraOptions(on_hint=heard.append)
    async with (
        ingest(nats_url, address),
        AsyncCamera(address, pipeline="street", name="door", options=options) as camera,
    ):
        assert camera.hint == Hint()
        async with background_task(work_off(nats_broker, pipeline)), asyncio.timeout(30):
            while camera.hint.frames_per_second is None:
                await camera.send(jpeg(1))
                await asyncio.sleep(0.005)
        await camera.send(jpeg(1))
        assert (heard[0].frames_per_second or 0) < 100, "200 are sent, 40 are worked off"
        for stream in frames_streams(pipeline.name, Generation.of(1, pipeline)):
            await nats_broker.request(f"$JS.API.STREAM.PURGE.{stream}", {})
        async with background_task(work_off(nats_broker, pipeline)), asyncio.timeout(30):
            while heard[-1] != Hint():
                await camera.send(jpeg(1))
                await asyncio.sleep(0.1)
        assert camera.hint == Hint()
