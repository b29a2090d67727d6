"""Streams that do not answer hold up their own pipeline, and nothing else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest

from framemesh.api.master.v1 import model_pb2
from framemesh.core.pipeline.generation import Generation
from framemesh.master.pipelines import change_locks
from framemesh.master.pipelines.buffer import BufferProvisioner
from tests.integration.master.conftest import Master, manifest, onnx_file
from tests.integration.services.running import status_of
from tests.waiting import eventually

ANSWER_SECONDS = 10.0
"""For what takes a fraction of a second where nothing holds it up."""

FILE = onnx_file(padding=100)


class SilentStreams:
    """The streams of `street` give no answer about what they hold."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> SilentStreams:
    streams, pending = SilentStreams(), BufferProvisioner.pending

    async def asked(self: BufferProvisioner, pipeline: str, generation: Generation) -> int:
        if pipeline == "street":
            streams.asked.set()
            await asyncio.Event().wait()
        return await pending(self, pipeline, generation)

    monkeypatch.setattr(BufferProvisioner, "pending", asked)
    return streams


@asynccontextmanager
async def street_is_drained(running: Master, silent: SilentStreams) -> AsyncIterator[None]:
    """While the master asks whether older streams of `street` are empty."""
    await running.apply(workers=0, shards=2)
    # The streams that this one leaves behind are to be drained.
    await running.apply(workers=0, shards=3)
    await silent.asked.wait()
    yield


async def test_other_pipelines_are_applied_and_deleted(
    running: Master, silent: SilentStreams
) -> None:
    async with street_is_drained(running, silent), asyncio.timeout(ANSWER_SECONDS):
        await running.apply(name="yard", workers=0)
        await running.delete("yard")


async def test_the_older_streams_of_other_pipelines_are_removed(
    running: Master, silent: SilentStreams
) -> None:
    await running.apply(name="yard", workers=0, shards=2)
    async with street_is_drained(running, silent):
        made = await running.apply(name="yard", workers=0, shards=3)
        await eventually(lambda: running.get("yard"), until=lambda now: not draining(now))
    assert made.revision


def draining(pipeline: Any) -> bool:
    return any(each.name == "draining" for each in pipeline.conditions)


async def test_another_model_is_deleted_and_that_of_the_pipeline_says_what_it_waits_for(
    running: Master, monkeypatch: pytest.MonkeyPatch
) -> None:
    making = asyncio.Event()

    async def provision(*_: object, **__: object) -> None:
        making.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(BufferProvisioner, "provision", provision)
    monkeypatch.setattr(change_locks, "REMOVAL_SECONDS", 0.2)
    for name in ("person", "car"):
        await running.register(manifest(name=name), FILE)
    delete = running.models.DeleteModel
    changing = asyncio.ensure_future(running.apply(workers=0))
    await making.wait()
    async with asyncio.timeout(ANSWER_SECONDS):
        await delete(model_pb2.DeleteModelRequest(name="car", version=1))
        request = model_pb2.DeleteModelRequest(name="person", version=2)
        code, line = await status_of(delete(request))
    changing.cancel()
    await asyncio.wait([changing])
    assert code is grpc.StatusCode.UNAVAILABLE
    assert line == "a pipeline with model 'person' is being changed: try again in a moment"
