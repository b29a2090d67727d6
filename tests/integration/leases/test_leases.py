"""Nine shards and the workers that share them, with the real times of leases."""

import asyncio
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from framemesh.core.leases.lease_member import RENEW_SECONDS, TTL_SECONDS, LeaseLost
from framemesh.core.worker_speed import WorkerSpeed
from framemesh.runtime.jetstream.leases import lease_keeper as tenure
from framemesh.runtime.jetstream.leases.lease_keeper import Lease
from framemesh.runtime.processes.nats_server import NatsServer, running_nats_server
from tests.integration.leases.conftest import GENERATION
from tests.integration.leases.workers import crew
from tests.waiting import eventually

RECOVERY_SECONDS = TTL_SECONDS + RENEW_SECONDS
SLACK_SECONDS = 2.0
"""For a machine that has other things to do."""

MOVE_SECONDS = 2.0 + SLACK_SECONDS
"""Two looks, a drain of nothing, and a look."""


async def test_three_workers_then_nine_then_two(nats_url: str) -> None:
    async with crew(nats_url) as some:
        await some.join(3)
        await some.until([3, 3, 3], MOVE_SECONDS)
        first = some.epochs
        await some.join(6)
        await some.until([1] * 9, MOVE_SECONDS)
        second = some.epochs
        assert sum(first[shard] == second[shard] for shard in range(9)) == 3, "the fewest moves"
        for worker in some.workers[2:]:
            await worker.kill()
        await some.until([0] * 7 + [4, 5], RECOVERY_SECONDS + SLACK_SECONDS)
        third = some.epochs
        assert sum(second[shard] == third[shard] for shard in range(9)) == 2
        await asyncio.sleep(RENEW_SECONDS)
        assert some.epochs == third, "in balance, nothing moves"


async def test_the_slow_one_of_two_workers_has_fewer_shards(nats_url: str) -> None:
    async with crew(nats_url) as some:
        await some.join(2)
        await some.until([4, 5], MOVE_SECONDS)
        before = some.epochs
        slow, fast = some.workers
        slow.speed = WorkerSpeed(750, saturated=True)
        fast.speed = WorkerSpeed(2600)
        await some.until([2, 7], RENEW_SECONDS + MOVE_SECONDS)
        assert len(slow.held) == 2
        moved = sum(before[shard] != epoch for shard, epoch in some.epochs.items())
        assert moved <= 3, "the fewest moves"


async def test_two_shards_keep_two_of_five_workers_busy(nats_url: str) -> None:
    async with crew(nats_url, replace(GENERATION, shards=2)) as some:
        await some.join(5)
        await some.until([0, 0, 0, 1, 1], MOVE_SECONDS)


async def test_a_worker_that_is_told_to_stop_leaves_nothing_behind(nats_url: str) -> None:
    async with crew(nats_url) as some:
        await some.join(2)
        await some.until([4, 5], MOVE_SECONDS)
        some.workers[0].drain_seconds = 0.3
        await some.workers[0].stop()
        assert some.workers[0].cut_off == []
        await some.until([0, 9], MOVE_SECONDS)


async def test_a_shard_that_is_drained_too_slowly_moves_all_the_same(
    nats_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tenure, "DRAIN_TIMEOUT_SECONDS", 0.5)
    async with crew(nats_url, replace(GENERATION, shards=2)) as some:
        await some.join()
        await some.until([2], MOVE_SECONDS)
        some.workers[0].drain_seconds = 60
        await some.join()
        await some.until([1, 1], MOVE_SECONDS + 0.5)
        assert len(some.workers[0].cut_off) == 1


async def test_leases_outlive_a_restart_of_the_broker(nats: NatsServer, tmp_path: Path) -> None:
    log = tmp_path / "nats.log"
    async with running_nats_server(nats, log) as first, crew(nats.url) as some:
        await some.join(2)
        await some.until([4, 5], MOVE_SECONDS)
        before = some.epochs
        first.kill()
        await first.wait()
        async with running_nats_server(nats, log):
            await asyncio.sleep(TTL_SECONDS)
            assert some.epochs == before
            assert all(lease.certain for w in some.workers for lease in w.held.values())
            await some.close()


async def test_a_worker_without_the_broker_stops_before_its_leases_expire(
    nats: NatsServer, tmp_path: Path
) -> None:
    async with running_nats_server(nats, tmp_path / "nats.log") as server, crew(nats.url) as some:
        await some.join()
        await some.until([9], MOVE_SECONDS)
        process = psutil.Process(server.pid)
        process.suspend()
        try:
            await some.until([0], TTL_SECONDS)
        finally:
            process.resume()
        await some.until([9], RECOVERY_SECONDS + SLACK_SECONDS)
        assert len(set(some.workers[0].epochs)) == 18, "they are other leases"


async def test_an_error_of_a_holder_ends_the_leases_of_its_worker(nats_url: str) -> None:
    async def fail(_: Lease) -> None:
        raise TimeoutError("of its own")

    async with crew(nats_url) as some:
        await some.join(work=fail)
        fault = await some.workers[0].fault()
    assert isinstance(fault, ExceptionGroup)
    assert fault.subgroup(TimeoutError)


@pytest.mark.parametrize("among_tasks", [False, True])
async def test_a_shard_that_a_later_holder_had_is_taken_anew(
    nats_url: str, *, among_tasks: bool
) -> None:
    epochs: list[int] = []

    async def find_out(lease: Lease) -> None:
        epochs.append(lease.epoch)
        if len(epochs) == 1 and among_tasks:
            raise ExceptionGroup("tasks", [LeaseLost("a later one was here")])
        if len(epochs) == 1:
            raise LeaseLost("a later one was here")
        await lease.draining.wait()

    async with crew(nats_url, replace(GENERATION, shards=1)) as some:
        await some.join(work=find_out)
        await eventually(lambda: len(epochs) >= 2, MOVE_SECONDS)
        await some.workers[0].stop()
        assert epochs[0] < epochs[1]
