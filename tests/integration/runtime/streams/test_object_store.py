"""Files in a bucket of a real broker: whole, in chunks, readable for other clients."""

import asyncio
import io
import os
from dataclasses import replace
from typing import BinaryIO

import pytest

from framemesh.runtime.jetstream.api.errors import MessageNotFound, StoreFailed
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.jetstream.api.object_store import CHUNK_BYTES, ObjectDamaged, ObjectStore
from framemesh.runtime.jetstream.connection.broker import Broker
from tests.waiting import eventually

CONTENT = os.urandom(2 * CHUNK_BYTES + 1000)


@pytest.fixture
async def files(nats_broker: Broker) -> ObjectStore:
    found = ObjectStore(nats_broker, "files")
    await found.create()
    return found


async def content(files: ObjectStore, key: str) -> bytes:
    return b"".join([chunk async for chunk in files.read(key)])


async def messages(broker: Broker) -> int:
    return (await JetStream(broker).streams.info("OBJ_files")).state.messages


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES, len(CONTENT)])
async def test_a_file_comes_out_as_it_went_in(files: ObjectStore, size: int) -> None:
    await files.create()
    assert not await files.has("digest")
    await files.write("digest", io.BytesIO(CONTENT[:size]))
    assert await files.has("digest")
    assert await content(files, "digest") == CONTENT[:size]


async def test_a_file_that_is_written_again_takes_the_place_of_the_first(
    files: ObjectStore, nats_broker: Broker
) -> None:
    for size in (len(CONTENT), 1000):
        await files.write("digest", io.BytesIO(CONTENT[:size]))
    assert await content(files, "digest") == CONTENT[:1000]
    assert await messages(nats_broker) == 2


async def test_other_clients_read_it(files: ObjectStore, nats_broker: Broker) -> None:
    await files.write("digest", io.BytesIO(CONTENT))
    bucket = await nats_broker.client.jetstream().object_store("files")
    assert (await bucket.get("digest")).data == CONTENT


async def test_no_file_is_told_from_a_damaged_one(files: ObjectStore, nats_broker: Broker) -> None:
    with pytest.raises(MessageNotFound):
        await content(files, "digest")
    await files.write("digest", io.BytesIO(CONTENT))
    await JetStream(nats_broker).messages.delete("OBJ_files", 3)
    assert not await files.has("digest")
    with pytest.raises(ObjectDamaged, match="file digest of bucket files lacks chunks"):
        await content(files, "digest")


class Stalled(io.BytesIO):
    """A file that goes on for ever."""

    def read(self, size: int | None = -1) -> bytes:
        return bytes(size or 0)


async def test_a_writer_that_is_cancelled_leaves_nothing(
    files: ObjectStore, nats_broker: Broker
) -> None:
    stalled: BinaryIO = Stalled()
    writing = asyncio.ensure_future(files.write("digest", stalled))
    await eventually(lambda: messages(nats_broker), 10)
    writing.cancel()
    await asyncio.gather(writing, return_exceptions=True)
    assert writing.cancelled()
    assert await messages(nats_broker) == 0


async def test_a_file_without_room_leaves_nothing(files: ObjectStore, nats_broker: Broker) -> None:
    streams = JetStream(nats_broker).streams
    config = (await streams.info("OBJ_files")).config
    await streams.update(replace(config, max_bytes=2 * CHUNK_BYTES))
    with pytest.raises(StoreFailed, match="maximum bytes exceeded"):
        await files.write("digest", io.BytesIO(CONTENT))
    assert await messages(nats_broker) == 0
