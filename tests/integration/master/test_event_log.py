"""The log of events on a real nats-server."""

from dataclasses import replace

import pytest

from framemesh.core.clock import SystemClock
from framemesh.master.history import event_log
from framemesh.master.history.event_log import EVENTS_STREAM, EventLog
from framemesh.master.history.events import Event, EventKind
from framemesh.runtime.concurrency.background_task import background_task
from framemesh.runtime.jetstream.api.jetstream import JetStream
from framemesh.runtime.jetstream.connection.broker import Broker
from tests.hand_clock import HandClock
from tests.waiting import eventually


async def stored(log: EventLog, count: int, pipeline: str = "street") -> list[Event]:
    """The events of a pipeline, once there are so many."""
    async with background_task(log.run()):
        return await eventually(lambda: log.of(pipeline), until=lambda found: len(found) == count)


async def test_events_are_told_by_pipeline_with_the_newest_last(nats_broker: Broker) -> None:
    clock = HandClock()
    log = EventLog(nats_broker, clock)
    await log.create()
    assert await log.of("street") == []
    log.record("street", EventKind.APPLIED, "workers.min: 1 -> 2")
    log.record("yard", EventKind.APPLIED, "new")
    clock.seconds += 1.5
    log.record("street", EventKind.SCALED, "2 -> 3:\n the backlog grows")
    found = await stored(log, 2)
    assert [(each.kind, each.message) for each in found] == [
        (EventKind.APPLIED, "workers.min: 1 -> 2"),
        (EventKind.SCALED, "2 -> 3: the backlog grows"),
    ]
    assert (found[1].at - found[0].at).total_seconds() == 1.5
    assert found[0].at.utcoffset() is not None
    assert [each.message for each in await log.of("yard")] == ["new"]
    assert await EventLog(nats_broker, clock).of("street") == found


async def test_a_worker_that_ends_every_second_pushes_out_nothing_else(
    nats_broker: Broker,
) -> None:
    clock = HandClock()
    log = EventLog(nats_broker, clock)
    await log.create()
    for _ in range(50):
        log.record("street", EventKind.WORKER_FAILED, "street-r1-0: it ended")
        clock.seconds += 1
    clock.seconds += 60
    found = await stored(log, 2)
    assert [each.times for each in found] == [1, 49]


async def test_many_of_one_kind_push_out_none_of_another(
    nats_broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_log, "BATCH", 3)
    log = EventLog(nats_broker, SystemClock())
    await log.create()
    log.record("street", EventKind.APPLIED, "new")
    for number in range(event_log.MAX_OF_KIND + 5):
        log.record("street", EventKind.SCALED, f"{number} -> {number + 1}")
    found = await stored(log, event_log.MAX_OF_KIND + 1)
    assert found[0].kind is EventKind.APPLIED
    assert found[1].message == "5 -> 6"
    monkeypatch.setattr(event_log, "MAX_TOLD", 2)
    assert [each.message for each in await log.of("street")] == [
        each.message for each in found[-2:]
    ]


async def test_what_is_recorded_while_the_broker_is_away_is_bounded_and_kept(
    nats_broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_log, "MAX_QUEUED", 3)
    monkeypatch.setattr(event_log, "RETRY_SECONDS", 0.05)
    log = EventLog(nats_broker, SystemClock())
    # No stream is there yet, as where there was no room for it.
    for number in range(5):
        log.record("street", EventKind.SCALED, f"{number} -> {number + 1}")
    async with background_task(log.run()):
        await eventually(lambda: JetStream(nats_broker).streams.names("events.>"))
    found = await stored(log, 3)
    assert [each.message for each in found] == ["2 -> 3", "3 -> 4", "4 -> 5"]


async def test_the_events_of_a_deleted_pipeline_are_gone(nats_broker: Broker) -> None:
    log = EventLog(nats_broker, SystemClock())
    await log.create()
    log.record("street", EventKind.APPLIED, "new")
    log.record("yard", EventKind.APPLIED, "new")
    await stored(log, 1)
    await stored(log, 1, "yard")
    log.record("street", EventKind.SCALED, "1 -> 2")
    await log.forget("street")
    log.record("street", EventKind.APPLIED, "new")
    assert [each.message for each in await stored(log, 1)] == ["new"]
    assert len(await log.of("yard")) == 1


async def test_an_event_of_a_newer_master_is_passed_over(nats_broker: Broker) -> None:
    log = EventLog(nats_broker, SystemClock())
    await log.create()
    store = JetStream(nats_broker).messages.store
    await store("events.street.moved", b'{"kind": "moved", "pipeline": "street"}')
    await store("events.street.other", b"\xff")
    log.record("street", EventKind.APPLIED, "new")
    assert [each.message for each in await stored(log, 1)] == ["new"]


async def test_the_stream_is_bounded_and_what_was_changed_of_it_stays(nats_broker: Broker) -> None:
    log = EventLog(nats_broker, SystemClock())
    await log.create()
    streams = JetStream(nats_broker).streams
    config = (await streams.info(EVENTS_STREAM)).config
    assert (config.max_age_seconds, config.max_bytes) == (24 * 3600, 8 * 2**20)
    await streams.update(replace(config, max_bytes=2**20))
    await log.create()
    assert (await streams.info(EVENTS_STREAM)).config.max_bytes == 2**20
