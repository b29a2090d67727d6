"""The typed API against a real nats-server: what goes in comes out, and errors have names."""

from dataclasses import replace

import pytest

from framemesh.runtime.jetstream.api.consumers import ConsumerConfig
from framemesh.runtime.jetstream.api.errors import (
    ConsumerNotFound,
    InsufficientResources,
    MessageNotFound,
    NoSuitablePeers,
    RequestRefused,
    StoreFailed,
    StreamNameInUse,
    StreamNotFound,
    WrongLastSequence,
)
from framemesh.runtime.jetstream.api.headers import EXPECTED_LAST_ON_SUBJECT
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.jetstream.api.key_value import BucketMissing, Entry, KeyValueBucket
from framemesh.runtime.jetstream.api.streams import StreamConfig
from framemesh.runtime.jetstream.connection.broker import Broker, BrokerUnavailable, NoResponders

CONFIG = StreamConfig(
    name="API",
    subjects=("api.>",),
    retention="limits",
    discard="new",
    max_bytes=1_000_000,
    max_age_seconds=3600,
    max_messages_per_subject=3,
    duplicate_window_seconds=30,
    allow_direct=True,
    allow_message_ttl=True,
    allow_rollup_headers=True,
    deny_delete=False,
    first_sequence=7,
)


@pytest.fixture
async def jetstream(nats_broker: Broker) -> JetStream:
    found = JetStream(nats_broker)
    await found.streams.create(CONFIG)
    return found


async def test_the_server_has_the_configuration_that_it_was_given(jetstream: JetStream) -> None:
    config = (await jetstream.streams.info("API")).config
    assert replace(config, other={}) == CONFIG


async def test_an_update_keeps_what_this_code_does_not_know(
    jetstream: JetStream, nats_broker: Broker
) -> None:
    raw = (await nats_broker.request("$JS.API.STREAM.INFO.API", {}))["config"]
    changed = raw | {"description": "by hand", "max_msgs": 50, "metadata": {"who": "me"}}
    await nats_broker.request("$JS.API.STREAM.UPDATE.API", changed)
    config = (await jetstream.streams.info("API")).config
    await jetstream.streams.update(replace(config, max_bytes=2_000_000))
    after = (await nats_broker.request("$JS.API.STREAM.INFO.API", {}))["config"]
    assert after["max_bytes"] == 2_000_000
    assert {name: after[name] for name in ("description", "max_msgs")} == {
        "description": "by hand",
        "max_msgs": 50,
    }
    assert after["metadata"]["who"] == "me"


async def test_what_is_stored_is_read_by_subject_and_by_sequence(jetstream: JetStream) -> None:
    messages = jetstream.messages
    first = await messages.store("api.a", b"1", {"Some": "value: with colon"})
    second = await messages.store("api.a", b"2")
    third = await messages.store("api.b", bytes(range(256)) * 400)
    assert first == CONFIG.first_sequence
    assert (await messages.get("API", first)).headers["Some"] == "value: with colon"
    assert (await messages.last("API", "api.a")).sequence == second
    assert (await messages.next("API", "api.*")).payload == b"1"
    assert (await messages.next("API", "api.*", second)).payload == b"2"
    assert (await messages.direct_last("API", "api.b")).payload == bytes(range(256)) * 400
    each = await messages.direct_last_of_each("API", "api.*")
    assert [(m.subject, m.sequence) for m in each] == [("api.a", second), ("api.b", third)]
    by_leader = await messages.last("API", "api.b")
    assert by_leader.stored_unix_nano == each[1].stored_unix_nano
    assert (await jetstream.streams.info("API", "api.*")).state.subjects == {"api.a": 2, "api.b": 1}


async def test_no_message_of_many_subjects_is_no_error(jetstream: JetStream) -> None:
    assert await jetstream.messages.direct_last_of_each("API", "api.*") == []
    assert await jetstream.messages.direct_batch("API", "api.*", 1, 10) == []


async def test_many_messages_are_read_in_batches(jetstream: JetStream) -> None:
    messages = jetstream.messages
    sequences = [await messages.store(f"api.{name}", name.encode()) for name in "abcab"]
    first = await messages.direct_batch("API", "api.*", 1, 3)
    assert [each.sequence for each in first] == sequences[:3]
    assert [each.payload for each in first] == [b"a", b"b", b"c"]
    rest = await messages.direct_batch("API", "api.*", first[-1].sequence + 1, 3)
    assert [each.sequence for each in rest] == sequences[3:]
    of_one = await messages.direct_batch("API", "api.b", 1, 3)
    assert [each.sequence for each in of_one] == [sequences[1], sequences[4]]


async def test_errors_have_names(jetstream: JetStream, nats_broker: Broker) -> None:
    streams, consumers, messages = jetstream.streams, jetstream.consumers, jetstream.messages
    with pytest.raises(StreamNotFound) as missing:
        await streams.info("NONE")
    assert (missing.value.err_code, missing.value.status) == (10059, 404)
    with pytest.raises(StreamNotFound):
        await streams.delete("NONE")
    with pytest.raises(StreamNotFound):
        await consumers.names("NONE")
    with pytest.raises(ConsumerNotFound):
        await consumers.info("API", "none")
    with pytest.raises(ConsumerNotFound):
        await consumers.delete("API", "none")
    with pytest.raises(StreamNameInUse):
        await streams.create(replace(CONFIG, max_bytes=1))
    with pytest.raises(MessageNotFound):
        await messages.last("API", "api.none")
    with pytest.raises(MessageNotFound):
        await messages.direct_last("API", "api.none")
    with pytest.raises(MessageNotFound):
        await messages.delete("API", 99)
    with pytest.raises(StoreFailed):
        await messages.store("api.big", b"x" * 1_100_000)
    with pytest.raises(NoResponders):
        await messages.store("nobody.takes.this", b"")
    with pytest.raises(NoResponders):
        await messages.direct_last("NONE", "x")
    with pytest.raises(RequestRefused) as overlap:
        await streams.create(replace(CONFIG, name="OTHER"))
    assert isinstance(overlap.value, BrokerUnavailable)
    with pytest.raises((InsufficientResources, NoSuitablePeers)):
        await streams.create(replace(CONFIG, name="HUGE", subjects=("huge",), max_bytes=2**60))


async def test_a_message_is_stored_only_after_the_one_that_is_expected(
    jetstream: JetStream,
) -> None:
    sequence = await jetstream.messages.store("api.a", b"1", {EXPECTED_LAST_ON_SUBJECT: "0"})
    with pytest.raises(WrongLastSequence):
        await jetstream.messages.store("api.a", b"2", {EXPECTED_LAST_ON_SUBJECT: "0"})
    await jetstream.messages.store("api.a", b"2", {EXPECTED_LAST_ON_SUBJECT: str(sequence)})


async def test_a_consumer_is_made_as_it_is_asked_for(
    jetstream: JetStream, nats_broker: Broker
) -> None:
    config = ConsumerConfig(
        durable_name="one",
        ack_wait_seconds=1.5,
        max_deliver=-1,
        max_ack_pending=5,
        max_waiting=6,
        filter_subjects=("api.a", "api.b"),
        metadata={"some": "thing"},
    )
    assert await jetstream.consumers.create("API", config) == "one"
    assert await jetstream.consumers.names("API") == ["one"]
    assert (await jetstream.consumers.info("API", "one")).metadata["some"] == "thing"
    answer = await nats_broker.request("$JS.API.CONSUMER.INFO.API.one", {})
    asked = config.to_json()
    del asked["metadata"]
    assert {name: answer["config"][name] for name in asked} == asked
    await jetstream.consumers.delete("API", "one")


async def test_a_purge_spares_what_is_not_below(jetstream: JetStream) -> None:
    stored = [await jetstream.messages.store("api.a", b"") for _ in range(3)]
    await jetstream.messages.store("api.b", b"")
    assert await jetstream.streams.purge("API", "api.a", before_sequence=stored[2]) == 2
    assert await jetstream.streams.purge("API") == 2


async def test_a_bucket_holds_values_until_they_are_removed(nats_broker: Broker) -> None:
    bucket = KeyValueBucket(nats_broker, "things")
    with pytest.raises(BucketMissing):
        await bucket.get("a")
    with pytest.raises(BucketMissing):
        await bucket.keys()
    await bucket.create(1_000_000)
    await bucket.create(2_000_000)
    assert await bucket.get("a") is None
    first = await bucket.put("a", b"1")
    with pytest.raises(WrongLastSequence):
        await bucket.replace("a", b"2", 0)
    second = await bucket.replace("a", b"2", first)
    assert await bucket.get("a") == Entry(b"2", second)
    await bucket.remove("a", first)
    assert await bucket.keys() == ["a"]
    await bucket.remove("a", second)
    assert await bucket.keys() == []


async def test_a_bucket_is_the_same_as_that_of_other_clients(nats_broker: Broker) -> None:
    """`nats kv` and nats-py read ours, and we read theirs."""
    ours = KeyValueBucket(nats_broker, "ours")
    await ours.create(1_000_000)
    theirs = await nats_broker.client.jetstream().key_value("ours")
    await ours.put("a", b"1")
    assert (await theirs.get("a")).value == b"1"
    await theirs.put("b", b"2")
    await theirs.delete("a")
    assert await ours.get("a") is None
    assert (await ours.get("b") or Entry(b"", 0)).value == b"2"
