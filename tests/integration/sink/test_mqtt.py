"""What a sink of an MQTT broker promises beside what every kind does."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from framemesh.core.sinks.spec import SinkOptions
from tests.integration.sink.kinds import Mqtt
from tests.integration.sink.world import World
from tests.waiting import eventually

pytestmark = pytest.mark.loop_limit(2.0)
"""What is tested runs in other processes; starting one takes long where the machine is busy."""


async def test_each_camera_has_a_topic(world: World, tmp_path: Path) -> None:
    kind = Mqtt(tmp_path)
    async with kind.ready():
        topic = SinkOptions(topic="site/{pipeline}/{camera}/results")
        await world.add(replace(kind.spec(), options=topic))
        await world.complete("north", [1])
        await world.complete("south", [1])
        async with world.running():
            await world.caught_up("yard")
            messages = await eventually(lambda: kind.broker.messages, until=lambda m: len(m) == 2)
    assert [topic for topic, _ in messages] == [
        "site/street/north/results",
        "site/street/south/results",
    ]
    assert json.loads(messages[0][1])["detections"][0]["label"] == "person"


async def test_a_broker_that_was_away_gets_the_rest(world: World, tmp_path: Path) -> None:
    kind = Mqtt(tmp_path)
    await world.add(kind.spec())
    async with world.running() as process:
        async with kind.ready():
            await world.complete("north", range(1, 6))
            await world.caught_up("yard")
        await world.complete("north", range(6, 11))
        await eventually(lambda: process.said("a sink cannot write, will try again"))
        async with kind.ready():
            await world.caught_up("yard")
            expected = {("north", number) for number in range(1, 11)}
            await eventually(lambda: set(kind.arrived()) == expected)
        assert "password" not in process.log.read_text()
