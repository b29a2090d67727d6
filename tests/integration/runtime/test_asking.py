"""Questions that a cluster does not answer. A subscriber of ours answers for its leader."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from nats.aio.msg import Msg

from framemesh.runtime.jetstream import broker as broker_module
from framemesh.runtime.jetstream.broker import Broker, BrokerUnavailable, broker

QUESTION = "some.question"

Answers = Callable[[int], bool]
"""Whether the first question is answered, the second, ..."""


class Leader:
    """Answers each question that it answers with its number."""

    def __init__(self, broker: Broker, answers: Answers) -> None:
        self._broker = broker
        self._answers = answers
        self.asked: list[Msg] = []

    async def on_question(self, question: Msg) -> None:
        self.asked.append(question)
        if self._answers(len(self.asked)):
            await self.answer(len(self.asked))

    async def answer(self, number: int) -> None:
        reply = self.asked[number - 1].reply
        await self._broker.client.publish(reply, b'{"number": %d}' % number)


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker_module, "AGAIN_SECONDS", 0.1)
    monkeypatch.setattr(broker_module, "ANSWER_SECONDS", 1.0)


@pytest.fixture
async def of_cluster(nats_broker: Broker) -> AsyncIterator[Broker]:
    """To two names of one server, which is all that a client knows of a cluster."""
    other = nats_broker.url.replace("127.0.0.1", "localhost")
    async with broker(f"{nats_broker.url},{other}", "test") as connected:
        yield connected


@asynccontextmanager
async def leading(nats: Broker, answers: Answers) -> AsyncIterator[Leader]:
    leader = Leader(nats, answers)
    subscription = await nats.client.subscribe(QUESTION, cb=leader.on_question)
    await nats.client.flush()
    yield leader
    await subscription.unsubscribe()


async def test_a_question_without_an_answer_is_asked_again_until_it_has_one(
    nats_broker: Broker, of_cluster: Broker
) -> None:
    async with leading(nats_broker, lambda nth: nth == 3) as leader:
        assert await of_cluster.ask(QUESTION, {}) == {"number": 3}
    assert len(leader.asked) == 3


async def test_an_answer_that_comes_late_is_one(nats_broker: Broker, of_cluster: Broker) -> None:
    async with leading(nats_broker, lambda _: False) as leader:
        asking = asyncio.ensure_future(of_cluster.ask(QUESTION, {}))
        async with asyncio.timeout(1):
            while len(leader.asked) < 2:
                await asyncio.sleep(0.01)
            await leader.answer(1)
            assert await asking == {"number": 1}


async def test_who_gets_no_answer_hears_so_in_time(nats_broker: Broker, of_cluster: Broker) -> None:
    async with leading(nats_broker, lambda _: False) as leader:
        async with asyncio.timeout(3):
            with pytest.raises(BrokerUnavailable):
                await of_cluster.ask(QUESTION, {})
        assert len(leader.asked) > 2


async def test_a_server_alone_is_asked_once(nats_broker: Broker) -> None:
    async with leading(nats_broker, lambda _: False) as leader:
        with pytest.raises(BrokerUnavailable):
            await nats_broker.ask(QUESTION, {})
    assert len(leader.asked) == 1
