"""Questions that a cluster does not answer. A subscriber of ours answers for its leader."""

import asyncio
from typing import Any

import pytest

from framemesh.runtime.jetstream.connection import broker as broker_module
from framemesh.runtime.jetstream.connection.broker import Broker, BrokerUnavailable
from tests.integration.runtime.cluster_answers.answering import answering
from tests.waiting import eventually

QUESTION = "some.question"


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker_module, "RESEND_SECONDS", 0.1)
    monkeypatch.setattr(broker_module, "ANSWER_TIMEOUT_SECONDS", 1.0)


def never(_: int) -> list[dict[str, Any]]:
    return []


async def test_a_query_is_repeated_until_it_is_answered(
    nats_broker: Broker, cluster_broker: Broker
) -> None:
    async with answering(
        nats_broker, QUESTION, lambda nth: [{"number": 3}] if nth == 3 else []
    ) as leader:
        assert await cluster_broker.query(QUESTION, {}) == {"number": 3}
    assert len(leader.taken) == 3


async def test_a_late_answer_counts(nats_broker: Broker, cluster_broker: Broker) -> None:
    async with answering(nats_broker, QUESTION, never) as leader, asyncio.timeout(1):
        asking = asyncio.ensure_future(cluster_broker.query(QUESTION, {}))
        await eventually(lambda: len(leader.taken) >= 2)
        await leader.answer(leader.taken[0], {"number": 1})
        assert await asking == {"number": 1}


async def test_a_query_without_an_answer_ends_in_time(
    nats_broker: Broker, cluster_broker: Broker
) -> None:
    async with answering(nats_broker, QUESTION, never) as leader, asyncio.timeout(3):
        with pytest.raises(BrokerUnavailable):
            await cluster_broker.query(QUESTION, {})
        assert len(leader.taken) > 2


async def test_a_query_to_a_single_server_is_sent_once(nats_broker: Broker) -> None:
    async with answering(nats_broker, QUESTION, never) as leader:
        with pytest.raises(BrokerUnavailable):
            await nats_broker.query(QUESTION, {})
    assert len(leader.taken) == 1
