"""A camera with a spool on disk and its ingest, both killed again and again."""

import asyncio
import random
from pathlib import Path

import pytest

from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.processes.ports import free_block
from tests.integration.ingest.conftest import jpeg, stored
from tests.integration.ingest.test_order import ingest_process
from tests.spooled_camera import KILLS, killed_after, spooled_camera, taken, token

SEED = 50
LAST_RUN_SECONDS = 120.0
"""For all that is left, after the last start of ingest."""

LIVES_SECONDS = 3.0
"""An ingest, at most; a new one serves after a second."""


@pytest.mark.timeout(180 + 20 * KILLS)
@pytest.mark.parametrize("face", ["threads", "asyncio"])
async def test_what_the_spool_took_is_stored_once(
    nats_broker: Broker, nats_url: str, pipeline: PipelineSpec, face: str, tmp_path: Path
) -> None:
    dice = random.Random(f"{SEED}{face}")  # noqa: S311
    address, told = f"127.0.0.1:{free_block(1)}", dict[int, str]()
    image, folder = tmp_path / "image", tmp_path / "spool"
    image.write_bytes(jpeg(1))

    async def kill_ingest_again_and_again() -> None:
        while True:
            async with ingest_process(nats_url, address):
                await asyncio.sleep(dice.uniform(0.2, LIVES_SECONDS))

    killing = asyncio.ensure_future(kill_ingest_again_and_again())
    for _ in range(KILLS):
        async with spooled_camera(face, address, folder, image) as process:
            told |= await killed_after(process, dice.uniform(0.0, 0.5))
    killing.cancel()
    await asyncio.wait([killing])
    async with (
        ingest_process(nats_url, address),
        spooled_camera(face, address, folder, image, 10) as process,
        asyncio.timeout(LAST_RUN_SECONDS),
    ):
        output, _ = await process.communicate()
        assert process.returncode == 0
    told |= taken(output)

    found = await stored(nats_broker, pipeline)
    kept = {int(name.split("/")[2]): token(image) for name, (_, image) in found.frames.items()}
    assert len(kept) == len(found.frames), "the session is one"
    # An acceptance that is recorded twice counts once.
    assert set(found.recorded) == set(kept), "the ledger is exact"
    assert told.items() <= kept.items(), "a frame is lost"
    assert len(kept) - len(told) <= 2 * KILLS, "killed between the write and its line"
