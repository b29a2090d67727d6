"""What a process of ingest and its supervisor ask each other."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from framemesh.core.clock import SystemClock
from framemesh.ingest.errors import TooManyOfCamera, TooManyOfClient, TooManyStreams
from framemesh.ingest.limits.ingest_limits import IngestLimits
from framemesh.ingest.limits.rate_limits import CameraBounds, RateLimits
from framemesh.ingest.limits.stream_limits import StreamBounds, StreamLimits
from framemesh.ingest.processes.kept_limits import KeptLimits
from framemesh.ingest.processes.link import Answer, Link, LinkSilent
from framemesh.ingest.processes.shared_limits import SharedLimits
from framemesh.runtime.concurrency.background_task import background_task
from tests.waiting import eventually

BOUNDS = StreamBounds(streams=3, of_client=2, of_camera=1)


def limits(**bounds: float) -> IngestLimits:
    rates = RateLimits(CameraBounds(**bounds), SystemClock())
    return IngestLimits(StreamLimits(BOUNDS), rates, 900.0)


@asynccontextmanager
async def linked(answer: Answer) -> AsyncIterator[tuple[Link, Link]]:
    """Both ends; the second one answers."""
    near, far = socket.socketpair()
    ours, theirs = Link(near, lambda what, arguments: None), Link(far, answer)
    async with background_task(ours.run()), background_task(theirs.run()):
        await asyncio.sleep(0.01)  # both are open
        yield ours, theirs


async def test_questions_side_by_side_get_their_own_answers() -> None:
    async with linked(lambda what, arguments: [what, *arguments]) as (link, _):
        found = await asyncio.gather(*(link.ask("echo", number) for number in range(100)))
    assert found == [["echo", number] for number in range(100)]


async def test_who_gets_no_answer_is_told_in_time_and_when_the_other_end_is_gone() -> None:
    near, far = socket.socketpair()
    with far:
        link = Link(near, lambda what, arguments: None)
        with pytest.raises(LinkSilent):
            await link.ask("health")
        async with background_task(link.run()):
            await asyncio.sleep(0.01)
            with pytest.raises(LinkSilent, match="cut off from its supervisor: call again"):
                await link.ask("health", seconds=0.01)
            waiting = asyncio.ensure_future(link.ask("health"))
            await asyncio.sleep(0)
            far.close()
            with pytest.raises(LinkSilent):
                await waiting


async def test_all_processes_have_the_limits_together_and_give_back_what_they_had() -> None:
    all_ = limits()
    first, second = KeptLimits(all_), KeptLimits(all_)
    async with linked(first.answer) as (one, _), linked(second.answer) as (other, _):
        near, far = SharedLimits(one, 900.0), SharedLimits(other, 900.0)
        async with near.stream("a"), far.stream("a"):
            with pytest.raises(TooManyOfClient, match="a has 2 streams here"):
                await far.stream("a").__aenter__()
            async with near.stream("b"), near.session("street", "north"):
                with pytest.raises(TooManyStreams, match="this ingest has its 3 streams"):
                    await far.stream("c").__aenter__()
                with pytest.raises(TooManyOfCamera, match="'north' has 1 open sessions"):
                    await far.session("street", "north").__aenter__()
            await one.ask("release", 0)  # its own are given back by then
            async with far.session("street", "north") as rate:
                assert rate is None
            # However it ends, what a process had is free.
            first.close()
            async with far.stream("a"):
                pass
        await other.ask("release", 0)
    async with all_.stream("a"), all_.stream("a"), all_.stream("b"):
        pass


async def test_one_that_gave_up_waiting_has_nothing() -> None:
    all_ = limits()
    kept = KeptLimits(all_)
    async with linked(kept.answer) as (link, _):
        shared = SharedLimits(link, 900.0)
        opening = asyncio.ensure_future(shared.stream("a").__aenter__())
        await asyncio.sleep(0)
        opening.cancel()
        await asyncio.wait([opening])

        async def all_are_free() -> bool:
            try:
                async with shared.stream("a"), shared.stream("a"), shared.stream("b"):
                    return True
            except TooManyStreams:
                return False

        await eventually(all_are_free)


async def test_a_camera_has_one_budget_in_all_processes() -> None:
    all_ = limits(frames_per_second=20.0)
    kept = KeptLimits(all_)
    async with linked(kept.answer) as (link, _):
        async with SharedLimits(link, 900.0).session("street", "north") as rate:
            assert rate is not None
            assert rate.bounds == CameraBounds(20.0, 0)
            waited = [await rate.admit(100) for _ in range(22)]
            assert waited.index(True) in {20, 21}
        # A new session is no new budget.
        async with SharedLimits(link, 900.0).session("street", "north") as rate:
            assert rate is not None
            assert await rate.admit(100)
