"""What was removed from a bucket stays so when the broker is killed, however much later."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from framemesh.core.pipeline.spec import PipelineSpec, WorkersSpec
from framemesh.core.pipeline.stage_spec import StageSpec
from framemesh.runtime.jetstream import pipeline_store
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.jetstream.api.key_value import KeyValueBucket
from framemesh.runtime.jetstream.connection.broker import Broker, broker
from framemesh.runtime.jetstream.pipeline_store import PipelineStore
from framemesh.runtime.processes.nats_server import NatsServer, running_nats_server
from tests.integration.services.running import MIB
from tests.waiting import eventually

OTHERS = [f"other-{number}" for number in range(5)]
"""Keys before and after those that are removed: alone they would be the beginning of the stream,
which is always kept as it is."""

Act = Callable[[Broker], Awaitable[object]]


async def killed_after(act: Act, nats: NatsServer, log: Path) -> None:
    """Do something, and kill the broker as soon as it is done."""
    async with running_nats_server(nats, log) as child, broker(nats.url, "test") as connected:
        await act(connected)
        child.kill()
        await child.wait()


def bucket(connected: Broker) -> KeyValueBucket:
    return KeyValueBucket(connected, "things", lasting_removals=True)


async def written(connected: Broker) -> KeyValueBucket:
    """A bucket in which a value was replaced twice, between others."""
    found = bucket(connected)
    await found.create(MIB)
    for name in OTHERS:
        await found.put(name, b"1")
    for number in range(3):
        await found.put("door", b"%d" % number)
    for name in OTHERS:
        await found.put(name, b"2")
    return found


async def removed(connected: Broker) -> None:
    found = await written(connected)
    await found.remove("door")
    await found.put(OTHERS[0], b"3")


async def deleted(connected: Broker) -> None:
    """Its marker is gone, too."""
    found = await written(connected)
    await found.delete("door", marker_seconds=1)
    await eventually(found.keys, until=lambda keys: "door" not in keys)
    await found.put(OTHERS[0], b"3")


@pytest.mark.parametrize("act", [removed, deleted])
async def test_no_earlier_value_comes_back(act: Act, nats: NatsServer, tmp_path: Path) -> None:
    await killed_after(act, nats, tmp_path / "first.log")
    async with running_nats_server(nats, tmp_path / "log"), broker(nats.url, "test") as connected:
        assert await bucket(connected).get("door") is None
        assert await bucket(connected).keys() == OTHERS
        values = {name: await bucket(connected).get(name) for name in OTHERS}
    assert [entry and entry.value for entry in values.values()] == [b"3", *4 * [b"2"]]


async def test_a_deleted_pipeline_stays_deleted(
    nats: NatsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline_store, "MARKER_SECONDS", 1)
    street = PipelineSpec("street", (StageSpec("people", "person", 1),))

    async def act(connected: Broker) -> None:
        store = PipelineStore(connected)
        await store.create()
        yard = await store.put(replace(street, name="yard"))
        for workers in range(1, 4):
            await store.put(replace(street, workers=WorkersSpec(workers)))
        yard = await store.write(yard)
        await store.delete("street")
        await eventually(store.names, until=lambda names: names == ["yard"])
        await store.write(yard)

    await killed_after(act, nats, tmp_path / "first.log")
    async with running_nats_server(nats, tmp_path / "log"), broker(nats.url, "test") as connected:
        assert await PipelineStore(connected).names() == ["yard"]


async def test_a_bucket_of_an_earlier_version_becomes_one(nats_broker: Broker) -> None:
    earlier, streams = KeyValueBucket(nats_broker, "things"), JetStream(nats_broker).streams
    await earlier.create(MIB)
    revision = await earlier.put("door", b"1")
    before = (await streams.info(earlier.stream)).config
    found = bucket(nats_broker)
    await found.create(2 * MIB)
    after = (await streams.info(earlier.stream)).config
    assert after == replace(before, max_messages_per_subject=after.max_messages_per_subject)
    assert await found.replace("door", b"2", revision) > revision
    assert (await streams.info(earlier.stream)).state.messages == 1
