"""All who join a round are woken together, by one timer."""

import asyncio

from framemesh.ingest.acknowledging.rounds import ROUND_SECONDS, AcknowledgementRounds


async def test_those_who_join_are_woken_together() -> None:
    rounds, loop = AcknowledgementRounds(), asyncio.get_running_loop()
    began = loop.time()
    first = rounds.join()
    await asyncio.sleep(0)
    later = [rounds.join() for _ in range(3)]
    await first
    assert loop.time() - began >= ROUND_SECONDS * 0.9
    assert all(turn.done() for turn in later)


async def test_who_cannot_wait_goes_first_and_the_others_are_not_held_up() -> None:
    rounds = AcknowledgementRounds()
    hurried, other, gone = (rounds.join() for _ in range(3))
    hurried.set_result(None)
    gone.cancel()
    await hurried
    assert not other.done()
    await other
    await rounds.join()
