import asyncio
from contextlib import AbstractAsyncContextManager

from hypothesis import given
from hypothesis import strategies as st

from framemesh.worker.processing.isolation import SharedExclusiveLock


class Guest:
    """Enters, and leaves when it is told to."""

    def __init__(self, way_in: AbstractAsyncContextManager[None]) -> None:
        self._way_in = way_in
        self.inside = False
        self.leave = asyncio.Event()

    async def visit(self) -> None:
        async with self._way_in:
            self.inside = True
            try:
                await self.leave.wait()
            finally:
                self.inside = False


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), max_size=20))
def test_whoever_is_alone_is_alone_and_everybody_gets_in(
    plan: list[tuple[bool, bool, bool]],
) -> None:
    """For each guest: alone or not, gives up or not, whether somebody leaves then."""

    async def play() -> None:
        crowd = SharedExclusiveLock()
        guests: list[tuple[bool, Guest, asyncio.Task[None]]] = []
        async with asyncio.timeout(5):
            for exclusive, gives_up, leaves in plan:
                guest = Guest(crowd.exclusive() if exclusive else crowd.shared())
                guests.append((exclusive, guest, asyncio.ensure_future(guest.visit())))
                await asyncio.sleep(0)
                if gives_up:
                    guests[-1][2].cancel()
                if leaves:
                    next(iter([g for _, g, _ in guests if g.inside]), guest).leave.set()
                for _ in range(3):
                    await asyncio.sleep(0)
                inside = [exclusive for exclusive, guest, _ in guests if guest.inside]
                assert len(inside) <= 1 or not any(inside)
            for _, guest, _ in guests:
                guest.leave.set()
            await asyncio.gather(*(task for _, _, task in guests), return_exceptions=True)
            async with crowd.exclusive():
                pass

    asyncio.run(play())


async def test_one_who_wants_to_be_alone_is_not_passed_by_for_ever() -> None:
    crowd = SharedExclusiveLock()
    first, second = Guest(crowd.shared()), Guest(crowd.shared())
    lone = Guest(crowd.exclusive())
    async with asyncio.TaskGroup() as tasks:
        for guest in (first, lone, second):
            tasks.create_task(guest.visit())
            await asyncio.sleep(0)
        assert (first.inside, lone.inside, second.inside) == (True, False, False)
        first.leave.set()
        await asyncio.sleep(0.01)
        assert (first.inside, lone.inside, second.inside) == (False, True, False)
        lone.leave.set()
        await asyncio.sleep(0.01)
        assert second.inside
        second.leave.set()
