"""What a webhook promises beside what every kind does."""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from framemesh.core.sinks.spec import SinkOptions
from framemesh.runtime.jetstream.sinks.sink_states import SinkState
from tests.integration.sink.http_target import Answer, HttpTarget
from tests.integration.sink.kinds import Webhook
from tests.integration.sink.world import World
from tests.waiting import eventually

pytestmark = pytest.mark.loop_limit(2.0)
"""What is tested runs in other processes; starting one takes long where the machine is busy."""


@pytest.fixture
async def webhook(tmp_path: Path) -> AsyncIterator[Webhook]:
    kind = Webhook(tmp_path)
    async with kind.ready():
        yield kind


async def test_requests_are_signed(world: World, webhook: Webhook) -> None:
    await world.add(webhook.spec())
    await world.complete("north", range(1, 4))
    async with world.running():
        await world.caught_up("yard")
    request = webhook.server.taken[0]
    signed = request.headers["framemesh-timestamp"].encode() + b"." + request.body
    secret = webhook.options.secret.encode()
    expected = hmac.new(secret, signed, hashlib.sha256).hexdigest()
    assert request.headers["framemesh-signature"] == f"v1={expected}"
    assert request.headers["content-type"] == "application/json"
    document = json.loads(request.body)
    assert (document["sink"], document["pipeline"]) == ("yard", "street")


async def test_what_was_refused_is_sent_again_the_same(world: World, webhook: Webhook) -> None:
    webhook.server.answers.extend([Answer(503), Answer(500), Answer(429, retry_after="1")])
    await world.add(webhook.spec())
    await world.complete("north", range(1, 4))
    async with world.running() as process:
        await world.caught_up("yard")
        again = [each.headers["framemesh-delivery"] for each in webhook.server.requests[:4]]
        assert len(set(again)) == 1
        assert webhook.arrived() == [("north", number) for number in range(1, 4)]
        (why, *_) = process.said("a sink cannot write, will try again")
        assert "answered 503" in str(why["why"])
        assert process.said("a sink writes again")
        log = process.log.read_text()
    assert "password" not in log
    assert "token=secret" not in log
    assert webhook.options.secret not in log


async def test_a_server_that_asks_to_wait_is_waited_for(world: World, webhook: Webhook) -> None:
    webhook.server.answers.append(Answer(503, retry_after="3600"))
    await world.add(webhook.spec())
    await world.complete("north", [1])
    async with world.running():
        await eventually(lambda: webhook.server.requests)

        async def trouble() -> str:
            return (await world.sinks.manager.get("yard")).state.trouble

        assert "answered 503" in await eventually(trouble)
        assert len(webhook.server.requests) == 1


async def test_a_result_that_is_refused_holds_up_no_other_and_is_counted(
    world: World, webhook: Webhook
) -> None:
    webhook.server.refused = frozenset({7})
    await world.add(webhook.spec())
    await world.complete("north", range(1, 31))
    async with world.running() as process:
        await world.caught_up("yard")
        (left_out,) = process.said(
            "a result is left out, as the target takes others and not this one"
        )

        async def told() -> SinkState:
            return (await world.sinks.manager.get("yard")).state

        state = await eventually(told, until=lambda state: state.written == 29)
        assert state.refused_results == 1
    assert str(left_out["frame"]).endswith("/7")
    assert "answered 422" in str(left_out["why"])
    assert sorted(webhook.arrived()) == [("north", each) for each in range(1, 31) if each != 7]


async def test_at_most_so_many_requests_at_once(world: World, webhook: Webhook) -> None:
    options = SinkOptions(batch=2, in_flight=3)
    await world.add(replace(webhook.spec(), options=options))
    await world.complete("north", range(1, 61))
    async with world.running():
        await world.caught_up("yard")
    assert 1 < webhook.server.most_at_once <= 3
    assert sorted(webhook.arrived()) == [("north", number) for number in range(1, 61)]


async def test_one_that_hangs_slows_nobody(world: World, webhook: Webhook, tmp_path: Path) -> None:
    hanging, other = webhook, Webhook(tmp_path / "other")
    hanging.server.answers.extend([Answer(hangs=True)] * 1000)
    async with other.ready():
        await world.add(hanging.spec("hanging"))
        await world.add(other.spec("other"))
        async with world.running():
            await world.complete("north", range(1, 101))
            await world.caught_up("other")
            behind = (await world.sinks.manager.get("hanging")).behind
    assert behind
    assert behind.results == 100
    assert other.arrived() == [("north", number) for number in range(1, 101)]


async def test_a_server_that_comes_late_gets_all(world: World, tmp_path: Path) -> None:
    kind = Webhook(tmp_path)
    kind.server = HttpTarget()
    async with kind.ready():
        pass  # it has a port now, where nobody listens
    await world.add(kind.spec())
    await world.complete("north", range(1, 6))
    async with world.running() as process:
        await eventually(lambda: process.said("a sink cannot write, will try again"))
        async with kind.ready():
            await world.caught_up("yard")
    assert kind.arrived() == [("north", number) for number in range(1, 6)]
