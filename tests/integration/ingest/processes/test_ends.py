"""Processes of one ingest end, hang and are told to stop, and their cameras go on."""

import asyncio
import os
import signal
import time
from functools import partial
from pathlib import Path

import psutil
import pytest

from framemesh.core.pipeline.spec import PipelineSpec
from framemesh.runtime.jetstream.connection.broker import Broker
from framemesh.runtime.processes.ports import free_block
from framemesh.sdk import AsyncCamera, CameraOptions
from tests.integration.ingest.conftest import jpeg, stored
from tests.integration.ingest.ordered import (
    CAMERAS,
    FRAMES,
    Consumer,
    in_order,
    push,
    stand_ordered,
)
from tests.integration.ingest.processes.several import Several, several
from tests.waiting import eventually

MANY = 12
"""Cameras, of which each process has some in all but one of 2,000 runs."""

GO_ON_SECONDS = 5.0
"""For a camera whose process was killed to be accepted again: it calls after 0.2 s."""


def cameras(address: str) -> list[AsyncCamera]:
    options = CameraOptions(connect_timeout=20)
    return [
        AsyncCamera(address, pipeline="street", name=f"c{number}", options=options)
        for number in range(MANY)
    ]


async def accepted(all_: list[AsyncCamera]) -> None:
    """Wait until all that was sent is accepted."""
    await eventually(lambda: not any(each.counts.pending for each in all_))


async def each_sends(all_: list[AsyncCamera], picture: bytes) -> None:
    for each in all_:
        await each.send(picture)


async def is_stored(broker: Broker, spec: PipelineSpec, all_: list[AsyncCamera]) -> None:
    """What cameras were told is what there is."""
    found = await stored(broker, spec)
    told = sum(each.counts.accepted for each in all_)
    assert len(found.frames) == told == len(found.recorded)


async def test_a_killed_process_loses_nothing_and_its_cameras_go_on(
    nats_broker: Broker, pipeline: PipelineSpec, two: Several
) -> None:
    before, all_ = two.pids, cameras(two.address)
    await each_sends(all_, jpeg(1))
    await accepted(all_)
    assert min(two.cameras().values()) > 0
    for victim in before.values():
        # Some of these are on their way when it ends.
        await each_sends(all_, jpeg(2))
        os.kill(victim, signal.SIGKILL)
        killed = time.monotonic()
        await each_sends(all_, jpeg(3))
        await accepted(all_)
        assert time.monotonic() - killed < GO_ON_SECONDS
        await two.serves(other_than={0: victim})
    for each in all_:
        await each.close()
    await is_stored(nats_broker, pipeline, all_)
    failed = [line for line in two.said() if line["event"] == "process failed"]
    assert [(line["name"], line["trouble"]) for line in failed] == [
        ("ingest 1", "killed by signal 9 (Killed)"),
        ("ingest 2", "killed by signal 9 (Killed)"),
    ]


async def test_killing_processes_keeps_the_order_of_every_camera(
    nats_broker: Broker, nats_url: str, tmp_path: Path
) -> None:
    spec = await stand_ordered(nats_broker)
    address = f"127.0.0.1:{free_block(1)}"
    consumer, every = Consumer(nats_broker, spec, 4), len(CAMERAS) * FRAMES
    async with several(nats_url, tmp_path, address) as ingest, asyncio.TaskGroup() as tasks:
        running = await ingest.serves()
        taking = tasks.create_task(consumer.take(every))
        pushing = [tasks.create_task(push(address, name)) for name in CAMERAS]
        for number in (1, 2):
            await eventually(partial(consumer.has, number * every // 8))
            victim = running[number]
            os.kill(victim, signal.SIGKILL)
            running = await ingest.serves(other_than={0: victim})
        await taking
        await asyncio.gather(*pushing)
    in_order(consumer, spec)


async def test_sigterm_drains_all_of_them(
    nats_broker: Broker, nats_url: str, pipeline: PipelineSpec, two: Several
) -> None:
    before, all_ = two.pids, cameras(two.address)
    for _ in range(4):
        await each_sends(all_, jpeg(1))
    two.terminate()
    assert await two.end() == 0
    assert two.errors() == []
    assert not any(map(psutil.pid_exists, before.values()))
    # What was acknowledged is there, and what was not is sent again.
    async with several(nats_url, two.log.parent, two.address) as after:
        await after.serves()
        await accepted(all_)
        for each in all_:
            await each.close()
        await is_stored(nats_broker, pipeline, all_)
    assert all(each.counts.accepted == 4 for each in all_)


async def test_one_process_is_told_to_end_and_the_other_has_its_cameras_meanwhile(
    two: Several,
) -> None:
    before, all_ = two.pids, cameras(two.address)
    await each_sends(all_, jpeg(1))
    await accepted(all_)
    os.kill(before[1], signal.SIGTERM)
    await each_sends(all_, jpeg(2))
    await accepted(all_)
    await two.serves(other_than={1: before[1]})
    assert two.pids[2] == before[2]
    for each in all_:
        await each.close()


async def test_none_outlives_the_supervisor(two: Several) -> None:
    before = two.pids
    two.process.kill()
    await two.process.wait()
    await eventually(lambda: not any(map(_runs, before.values())))


async def test_a_process_that_ends_before_all_serve_ends_ingest_with_its_reason(
    tmp_path: Path,
) -> None:
    # Both wait for a broker that is not there.
    async with several("nats://127.0.0.1:1", tmp_path) as ingest:
        pids = await eventually(lambda: ingest.pids, until=lambda found: len(found) == 2)
        os.kill(pids[2], signal.SIGKILL)
        assert await ingest.end() == 1
        assert ingest.errors() == ["process 2 of ingest did not start: killed by signal 9 (Killed)"]
        assert not psutil.pid_exists(pids[1])


@pytest.mark.long
async def test_a_process_that_hangs_is_replaced_and_its_cameras_go_on(
    nats_broker: Broker, pipeline: PipelineSpec, two: Several
) -> None:
    before, all_ = two.pids, cameras(two.address)
    await each_sends(all_, jpeg(1))
    await accepted(all_)
    os.kill(before[1], signal.SIGSTOP)
    await each_sends(all_, jpeg(2))
    await two.serves(other_than={1: before[1]})
    await accepted(all_)
    for each in all_:
        await each.close()
    await is_stored(nats_broker, pipeline, all_)
    (failed,) = [line for line in two.said() if line["event"] == "process failed"]
    assert failed["trouble"] == "killed: no answer to health checks for 15 s"


@pytest.mark.long
async def test_a_supervisor_that_hangs_ends_ingest(two: Several) -> None:
    before = two.pids
    os.kill(two.process.pid, signal.SIGSTOP)
    # Somebody else, who finds that nobody answers, ends the supervisor then.
    await eventually(lambda: not any(map(_runs, before.values())), 60.0)
    assert any("does nothing for 30 s" in line for line in two.errors())


def _runs(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
