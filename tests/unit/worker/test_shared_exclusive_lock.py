"""Holders that are alone are alone, and nobody waits for ever, whoever is cancelled when."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from framemesh.worker.processing.shared_exclusive_lock import SharedExclusiveLock


class Holder:
    """Asks for the lock, and holds it until it is told to let go."""

    def __init__(self, lock: SharedExclusiveLock, *, exclusive: bool) -> None:
        self.exclusive = exclusive
        self.inside = False
        self.let_go = asyncio.Event()
        self._lock = lock
        self.task = asyncio.ensure_future(self._hold())

    async def _hold(self) -> None:
        async with self._lock.exclusive() if self.exclusive else self._lock.shared():
            self.inside = True
            try:
                await self.let_go.wait()
            finally:
                self.inside = False


ACTIONS = st.one_of(
    st.tuples(st.sampled_from(["share", "exclude"]), st.just(0)),
    st.tuples(st.sampled_from(["cancel", "let go"]), st.integers(0, 4)),
    st.just(("run", 0)),
)


@settings(max_examples=200)
@given(st.lists(ACTIONS, min_size=5, max_size=30))
def test_a_holder_may_be_cancelled_at_every_await(actions: list[tuple[str, int]]) -> None:
    """Between two runs of the event loop anything may happen, also several things at once: one that
    was cancelled, and does not know it yet, is admitted by one that lets go."""

    async def play() -> None:
        lock = SharedExclusiveLock()
        holders: list[Holder] = []
        for action, number in actions:
            match action:
                case "share" | "exclude":
                    holders.append(Holder(lock, exclusive=action == "exclude"))
                case "cancel" if number < len(holders):
                    holders[number].task.cancel()
                case "let go" if number < len(holders):
                    holders[number].let_go.set()
                case _:
                    await asyncio.sleep(0)
            inside = [holder.exclusive for holder in holders if holder.inside]
            assert len(inside) <= 1 or not any(inside)
        for holder in holders:
            holder.let_go.set()
        async with asyncio.timeout(2):
            await asyncio.gather(*(h.task for h in holders), return_exceptions=True)
            async with lock.exclusive():
                pass
        assert not [h for h in holders if not h.task.cancelled() and h.task.exception()]

    asyncio.run(play())


async def test_an_exclusive_holder_is_not_overtaken_for_ever() -> None:
    lock = SharedExclusiveLock()
    first = Holder(lock, exclusive=False)
    lone = Holder(lock, exclusive=True)
    second = Holder(lock, exclusive=False)
    await rest()
    assert (first.inside, lone.inside, second.inside) == (True, False, False)
    first.let_go.set()
    await rest()
    assert (first.inside, lone.inside, second.inside) == (False, True, False)
    lone.let_go.set()
    await rest()
    assert second.inside
    second.let_go.set()
    await asyncio.gather(first.task, lone.task, second.task)


async def rest() -> None:
    """Let everything run that can."""
    for _ in range(5):
        await asyncio.sleep(0)
