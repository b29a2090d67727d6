"""A process that may not lead any more writes nothing, and reads on."""

import asyncio
from collections.abc import Mapping

import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg

from framemesh.core.errors import Code
from framemesh.runtime.jetstream.api import subjects
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.leases.fenced_broker import FencedBroker, LeadsNoMore

QUESTIONS = (
    subjects.ACCOUNT_INFO,
    subjects.STREAM_NAMES,
    subjects.stream_info("KV_INFO"),
    subjects.message_get("S"),
    subjects.direct_get("S"),
    subjects.consumer_names("S"),
    subjects.consumer_info("S", "c"),
)
WRITES = (
    subjects.stream_create("INFO"),
    subjects.stream_update("S"),
    subjects.stream_delete("S"),
    subjects.stream_purge("S"),
    subjects.message_delete("S"),
    subjects.consumer_create("S"),
    subjects.durable_create("S", "c"),
    subjects.consumer_delete("S", "c"),
    "$KV.framemesh-pipelines.street",
    "events.street.scaled",
)


class Recorder(Broker):
    def __init__(self) -> None:
        super().__init__("nats://nowhere")
        self.called: list[str] = []
        self.connected.set()

    async def call(
        self, subject: str, payload: bytes, headers: Mapping[str, str] | None = None
    ) -> Msg:
        self.called.append(subject)
        return Msg(Client(), data=payload)


class Lease:
    certain = True


async def test_a_leader_writes_until_its_lease_is_not_certain() -> None:
    shared, lease = Recorder(), Lease()
    fenced = FencedBroker(shared)
    fenced.lease = lease
    for subject in WRITES:
        await fenced.call(subject, b"")
    lease.certain = False
    for subject in WRITES:
        with pytest.raises(LeadsNoMore, match="does not lead any more") as refused:
            await fenced.call(subject, b"")
        assert refused.value.code is Code.UNAVAILABLE
    assert shared.called == [*WRITES]


@pytest.mark.parametrize("subject", QUESTIONS)
async def test_questions_are_asked_by_anyone(subject: str) -> None:
    shared = Recorder()
    await FencedBroker(shared).call(subject, b"")
    assert shared.called == [subject]


async def test_one_that_never_led_writes_nothing() -> None:
    shared = Recorder()
    with pytest.raises(LeadsNoMore):
        await FencedBroker(shared).call(WRITES[0], b"")
    assert shared.called == []


async def test_what_waited_for_a_connection_is_not_sent_by_one_that_leads_no_more() -> None:
    shared, lease = Recorder(), Lease()
    fenced = FencedBroker(shared)
    fenced.lease = lease
    shared.connected.clear()
    writing = asyncio.ensure_future(fenced.call(WRITES[0], b""))
    await asyncio.sleep(0)
    lease.certain = False
    shared.connected.set()
    with pytest.raises(LeadsNoMore):
        await writing
    assert shared.called == []
