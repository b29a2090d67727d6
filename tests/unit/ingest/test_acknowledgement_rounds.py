"""All who join a round are woken together, by one timer."""

import asyncio

from framemesh.ingest.acknowledging.rounds import ROUND_SECONDS, AcknowledgementRounds


async def test_those_who_join_are_woken_together() -> None:
    rounds, loop = AcknowledgementRounds(), asyncio.get_running_loop()
    woken: list[float] = []

    async def take_part(after: float) -> None:
        await asyncio.sleep(after)
        await rounds.join()
        woken.append(loop.time())

    began = loop.time()
    await asyncio.gather(*(take_part(n * ROUND_SECONDS / 10) for n in range(5)))
    assert max(woken) - min(woken) < ROUND_SECONDS / 5
    assert min(woken) - began >= ROUND_SECONDS * 0.9


async def test_who_cannot_wait_goes_first_and_the_others_are_not_held_up() -> None:
    rounds = AcknowledgementRounds()
    hurried, other, gone = (rounds.join() for _ in range(3))
    hurried.set_result(None)
    gone.cancel()
    await hurried
    assert not other.done()
    await other
    await rounds.join()
