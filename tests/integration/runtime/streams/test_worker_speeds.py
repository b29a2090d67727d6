"""What workers say of their speed, on a real nats-server."""

import pytest

from framemesh.core.worker_speed import UNKNOWN_SPEED, WorkerSpeed
from framemesh.runtime.concurrency.background_task import background_task
from framemesh.runtime.jetstream import worker_speeds
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.jetstream.worker_speeds import WorkerSpeeds, tell_speed
from tests.waiting import eventually


async def test_each_worker_of_a_pipeline_has_its_last_word(nats_broker: Broker) -> None:
    speeds = WorkerSpeeds(nats_broker)
    await speeds.create()
    await speeds.create()
    assert await speeds.of("street") == {}
    await speeds.put("street", "street-r1-0", WorkerSpeed(60))
    await speeds.put("street", "street-r1-0", WorkerSpeed(750, saturated=True))
    await speeds.put("street-2", "street-2-r1-0", WorkerSpeed(5))
    assert await speeds.of("street") == {"street-r1-0": WorkerSpeed(750, saturated=True)}


async def test_a_worker_says_what_it_knows_also_where_the_bucket_comes_later(
    nats_broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_speeds, "PERIOD_SECONDS", 0.02)
    speeds, known = WorkerSpeeds(nats_broker), UNKNOWN_SPEED
    async with background_task(tell_speed(nats_broker, "street", "w", lambda: known)):
        await speeds.create()
        assert await speeds.of("street") == {}
        known = WorkerSpeed(60)
        await eventually(lambda: speeds.of("street"), until={"w": known}.__eq__)
