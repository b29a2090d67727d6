"""Invalid frames get an outcome with a reason, and valid ones are not affected."""

import asyncio
import struct
import zlib

import cv2
import numpy as np
import pytest

from framemesh.api.common.v1 import outcome_pb2
from framemesh.core.pipeline.delivery import DamagedPictures, DeliverySpec
from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.sdk import AsyncCamera, CameraOptions, FrameRejected
from tests.e2e.mesh import Mesh
from tests.slow_images import progressive_jpeg

pytestmark = pytest.mark.asyncio(loop_scope="session")


def png(width: int, height: int, content: bytes) -> bytes:
    """A PNG that declares a size and holds any bytes as its compressed pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        crc = zlib.crc32(kind + body)
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", crc)

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    signature = b"\x89PNG\r\n\x1a\n"
    return signature + chunk(b"IHDR", header) + chunk(b"IDAT", content) + chunk(b"IEND", b"")


def noise_png() -> bytes:
    """A picture that no compression makes small enough."""
    noise = np.random.default_rng(7).integers(0, 255, (3000, 3000, 3), np.uint8)
    return cv2.imencode(".png", noise)[1].tobytes()


async def test_each_has_its_outcome_and_the_good_ones_are_done(
    mesh: Mesh, jpegs: list[bytes]
) -> None:
    good = jpegs[0]
    offered = {
        "not_an_image": b"this is a text",
        "empty": b"",
        "truncated": good[: len(good) // 2],
        "too_large": await asyncio.to_thread(noise_png),
        "too_many_pixels": png(20_000, 20_000, zlib.compress(b"")),
        "too_slow_to_decode": await asyncio.to_thread(progressive_jpeg, 2000, 1000, 4000),
        "undecodable": png(64, 64, b"these are no pixels"),
    }
    await mesh.apply(PipelineSpec("bad", (StageSpec("people", "person"),)))
    told: list[FrameRejected] = []
    async with AsyncCamera(
        mesh.run.ingest, pipeline="bad", name="door", options=CameraOptions(on_rejected=told.append)
    ) as camera:
        for bad in offered.values():
            await camera.send(good)
            await camera.send(bad)
    outcomes = await mesh.outcomes("bad", 2 * len(offered))

    by_sequence = {o.frame.sequence: o for o in outcomes}
    for number, reason in enumerate(offered):
        assert by_sequence[2 * number + 1].fate == outcome_pb2.FATE_DONE
        bad_one = by_sequence[2 * number + 2]
        dead = reason == "undecodable"
        assert bad_one.fate == (outcome_pb2.FATE_DEAD if dead else outcome_pb2.FATE_REJECTED)
        assert (bad_one.reason, bool(bad_one.detail)) == (reason, True)
    assert {one.reason for one in told} == set(offered) - {"undecodable"}
    (ledger,) = (await mesh.status("bad")).cameras
    assert (ledger.offered, ledger.done, ledger.rejected, ledger.dead) == (14, 7, 6, 1)
    assert dict(ledger.reasons) == dict.fromkeys(offered, 1)
    assert ledger.pending == 0


@pytest.mark.parametrize("fate", DamagedPictures)
async def test_a_jpeg_whose_middle_is_lost_is_marked_or_dead_as_its_pipeline_says(
    mesh: Mesh, jpegs: list[bytes], fate: DamagedPictures
) -> None:
    good = jpegs[0]
    damaged = good[: len(good) // 3] + good[len(good) // 2 :]
    name = f"damaged-{fate.value}"
    stages = (StageSpec("people", "person"),)
    await mesh.apply(PipelineSpec(name, stages, delivery=DeliverySpec(damaged=fate)))
    async with AsyncCamera(mesh.run.ingest, pipeline=name, name="door") as camera:
        await camera.send(good)
        await camera.send(damaged)
    whole, lost = sorted(await mesh.outcomes(name, 2), key=lambda each: each.frame.sequence)
    assert (whole.fate, whole.damaged, whole.detail) == (outcome_pb2.FATE_DONE, False, "")
    assert lost.fate == outcome_pb2.Fate.Value(f"FATE_{fate.name}")
    assert lost.damaged
    assert "Corrupt JPEG data" in lost.detail
    (ledger,) = (await mesh.status(name)).cameras
    assert dict(ledger.reasons) == {"damaged": 1}
