"""What a person reads where two masters both believe that they lead."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from framemesh.master.app import run as run_master
from framemesh.master.settings import Settings
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.pipeline_store import PipelineStore, StoredPipeline
from framemesh.runtime.processes.ports import free_block
from framemesh.runtime.rpc.channel import channel
from tests.command_line import framemesh
from tests.integration.master.conftest import Master
from tests.integration.services.running import serving
from tests.told import assert_refused

PIPELINE = """\
name: street
stages: [{name: people, model: person}]
buffer: {max_bytes: 67108864}
workers: {min: 0, max: 1}
"""


@pytest.fixture
async def leader(nats_url: str) -> AsyncIterator[str]:
    """The address of a master that leads, with a model."""
    async with _master(nats_url) as address, channel(address) as to:
        await Master(to).register()
        yield address


@contextlib.asynccontextmanager
async def _master(nats_url: str) -> AsyncIterator[str]:
    address = f"127.0.0.1:{free_block(1)}"
    async with serving(run_master, Settings(nats=nats_url, listen=address), address):
        yield address


async def test_the_one_that_does_not_lead_changes_nothing(
    nats_url: str, leader: str, tmp_path: Path
) -> None:
    file = tmp_path / "street.yaml"
    file.write_text(PIPELINE)
    async with _master(nats_url) as other:
        ended = await framemesh("pipeline", "apply", file, FRAMEMESH_MASTER=other)
    assert_refused("a master that does not lead", ended)
    listed = await framemesh("pipeline", "list", FRAMEMESH_MASTER=leader)
    assert listed.output.startswith("no pipelines")


async def test_what_the_other_one_wrote_meanwhile_is_not_overwritten(
    leader: str, nats_broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "street.yaml"
    file.write_text(PIPELINE)
    await framemesh("pipeline", "apply", file, FRAMEMESH_MASTER=leader)
    store, write = PipelineStore(nats_broker), PipelineStore.write
    others = asyncio.Queue[StoredPipeline](1)

    async def late(self: PipelineStore, stored: StoredPipeline) -> StoredPipeline:
        # It has read the entry, and is suspended until the other one has changed it.
        if others.empty():
            others.put_nowait(await write(store, await store.get("street")))
        return await write(self, stored)

    monkeypatch.setattr(PipelineStore, "write", late)
    file.write_text(PIPELINE.replace("max: 1", "max: 2"))
    ended = await framemesh("pipeline", "apply", file, FRAMEMESH_MASTER=leader)
    assert_refused("two masters that both believe they lead", ended)
    assert await store.get("street") == await others.get()
