"""The streams and shards of a running pipeline change under load, and no frame is lost."""

import asyncio
from collections import Counter, defaultdict
from dataclasses import replace

import pytest
from pydantic import ByteSize

from framemesh.api.common.v1 import outcome_pb2
from framemesh.core.pipeline.delivery import DeliverySpec, Order
from framemesh.core.pipeline.spec import BufferSpec, PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.runtime.jetstream.connection.broker import broker
from framemesh.sdk import AsyncCamera, CameraOptions
from tests.e2e.mesh import Mesh
from tests.waiting import eventually

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(240)]

CAMERAS = 3
FRAMES = 300
FRAMES_PER_SECOND = 400
"""More than is processed meanwhile: at each change the previous shards still have frames."""

BETWEEN_CHANGES_SECONDS = 0.5

MIB = 1024**2
BUFFERS = [
    BufferSpec(streams=1, shards=4, max_bytes=ByteSize(64 * MIB)),
    BufferSpec(streams=2, shards=3, max_bytes=ByteSize(64 * MIB)),
    BufferSpec(streams=1, shards=1, max_bytes=ByteSize(64 * MIB)),
]


@pytest.mark.parametrize(
    "order", [Order.PER_CAMERA, pytest.param(Order.NONE, marks=pytest.mark.long)]
)
async def test_a_change_of_shards_loses_nothing_doubles_nothing_and_keeps_the_order(
    mesh: Mesh, jpegs: list[bytes], order: Order
) -> None:
    name = f"shards-{order.value}"
    first = PipelineSpec(
        name, (StageSpec("people", "person"),), BUFFERS[0], DeliverySpec(order=order)
    )
    await mesh.apply(first)
    async with asyncio.TaskGroup() as tasks:
        for number in range(CAMERAS):
            tasks.create_task(push(mesh, name, f"camera-{number}", jpegs))
        for buffer in BUFFERS[1:]:
            await asyncio.sleep(BETWEEN_CHANGES_SECONDS)
            await mesh.apply(replace(first, buffer=buffer))
    outcomes = await mesh.outcomes(name, CAMERAS * FRAMES)

    ids = Counter((o.frame.camera, o.frame.session, o.frame.sequence) for o in outcomes)
    assert len(ids) == CAMERAS * FRAMES
    assert {o.fate for o in outcomes} == {outcome_pb2.FATE_DONE}
    if order is Order.PER_CAMERA:
        sequences: dict[str, list[int]] = defaultdict(list)
        for outcome in outcomes:
            sequences[outcome.frame.camera].append(outcome.frame.sequence)
        assert all(each == sorted(each) for each in sequences.values())
    status = await mesh.status(name)
    for ledger in status.cameras:
        assert (ledger.offered, ledger.done, ledger.pending) == (FRAMES, FRAMES, 0)
    await eventually(lambda: streams(mesh, name), 10, until=[f"FRAMES-{name}-3-0"].__eq__)


async def push(mesh: Mesh, pipeline: str, name: str, images: list[bytes]) -> None:
    async with AsyncCamera(
        mesh.run.ingest, pipeline=pipeline, name=name, options=CameraOptions(close_timeout=60)
    ) as camera:
        for number in range(FRAMES):
            await camera.send(images[number % len(images)])
            await asyncio.sleep(1 / FRAMES_PER_SECOND)


async def streams(mesh: Mesh, pipeline: str) -> list[str]:
    async with broker(mesh.run.nats, "test") as nats:
        names = (await nats.request("$JS.API.STREAM.NAMES", {}))["streams"]
    return sorted(name for name in names if name.startswith(f"FRAMES-{pipeline}-"))
