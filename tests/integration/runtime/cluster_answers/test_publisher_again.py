"""What a cluster does not answer is sent once more. A subscriber of ours answers for the stream."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from framemesh.runtime.dataplane.outbound_message import OutboundMessage
from framemesh.runtime.jetstream.api.errors import WriteInProgress
from framemesh.runtime.jetstream.connection.broker import Broker, BrokerUnavailable
from framemesh.runtime.jetstream.publish import publisher as publisher_module
from framemesh.runtime.jetstream.publish.publisher import Publisher, publisher
from tests.integration.runtime.cluster_answers.answering import answering

MESSAGE = OutboundMessage("test.x", b"payload", "m1")
STORED = {"stream": "TEST", "seq": 1}
IN_PROCESS = {
    "error": {"code": 409, "err_code": WriteInProgress.codes[0], "description": "in process"}
}


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publisher_module, "RESEND_SECONDS", 0.1)
    monkeypatch.setattr(publisher_module, "SWEEP_SECONDS", 0.02)
    monkeypatch.setattr(publisher_module, "ANSWER_TIMEOUT_SECONDS", 1.0)


@pytest.fixture
async def to_cluster(cluster_broker: Broker) -> AsyncIterator[Publisher]:
    async with publisher(cluster_broker) as publish:
        yield publish


async def test_an_unanswered_message_is_sent_once_more(
    nats_broker: Broker, to_cluster: Publisher
) -> None:
    async with answering(
        nats_broker, MESSAGE.subject, lambda nth: [STORED] if nth == 2 else []
    ) as stream:
        await to_cluster.store(MESSAGE)
    first, second = stream.taken
    assert (first.data, first.headers) == (second.data, second.headers)
    assert first.headers == {"Nats-Msg-Id": "m1"}


async def test_an_unanswered_message_is_not_sent_a_third_time(
    nats_broker: Broker, to_cluster: Publisher
) -> None:
    async with answering(nats_broker, MESSAGE.subject, lambda _: []) as stream:
        with pytest.raises(BrokerUnavailable):
            await to_cluster.store(MESSAGE)
    assert len(stream.taken) == 2


async def test_a_copy_in_progress_waits_for_the_answer_to_the_first(
    nats_broker: Broker, to_cluster: Publisher
) -> None:
    async with answering(
        nats_broker, MESSAGE.subject, lambda nth: [IN_PROCESS, STORED] if nth == 2 else []
    ) as stream:
        await to_cluster.store(MESSAGE)
    assert len(stream.taken) == 2


async def test_a_write_in_progress_by_another_is_unavailable(
    nats_broker: Broker, to_cluster: Publisher
) -> None:
    async with answering(nats_broker, MESSAGE.subject, lambda _: [IN_PROCESS]) as stream:
        with pytest.raises(BrokerUnavailable, match="in process"):
            await to_cluster.store(MESSAGE)
    assert len(stream.taken) == 1


async def test_nothing_is_sent_again_to_a_single_server(nats_broker: Broker) -> None:
    """It answers for as long as the connection lives; a slow disk needs no second copy."""
    async with (
        publisher(nats_broker) as publish,
        answering(nats_broker, MESSAGE.subject, lambda _: []) as stream,
    ):
        with pytest.raises(BrokerUnavailable):
            async with asyncio.timeout(5):
                await publish.store(MESSAGE)
    assert len(stream.taken) == 1
