"""A subscriber of ours that answers in the place of a server."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from nats.aio.msg import Msg

from framemesh.runtime.jetstream.connection.broker import Broker

Answers = Callable[[int], list[dict[str, Any]]]
"""To the first message, the second, ..."""


class Answering:
    """Takes what is sent to a subject, and answers as it is told to."""

    def __init__(self, broker: Broker, answers: Answers) -> None:
        self._broker = broker
        self._answers = answers
        self.taken: list[Msg] = []

    async def on_message(self, message: Msg) -> None:
        self.taken.append(message)
        for answer in self._answers(len(self.taken)):
            await self.answer(message, answer)

    async def answer(self, message: Msg, answer: dict[str, Any]) -> None:
        await self._broker.client.publish(message.reply, json.dumps(answer).encode())


@asynccontextmanager
async def answering(broker: Broker, subject: str, answers: Answers) -> AsyncIterator[Answering]:
    """It hears all that is sent while the context lasts."""
    found = Answering(broker, answers)
    subscription = await broker.client.subscribe(subject, cb=found.on_message)
    await broker.client.flush()
    yield found
    await subscription.unsubscribe()
