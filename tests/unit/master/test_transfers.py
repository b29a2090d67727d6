"""A few transfers at once, in the order in which they came, and what workers have of them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing

import pytest

from framemesh.master.models import transfers as transfers_module
from framemesh.master.models.transfers import TooManyTransfers, Transfers, TransferTooSlow
from framemesh.modeling.manifest import DecoderSpec, InputSpec, ModelManifest, ModelVersion

MODEL = ModelVersion(
    ModelManifest("person", "m.onnx", ("a",), InputSpec("in", 8, 8), DecoderSpec("centernet")),
    version=3,
    size_bytes=367_000_000,
    digest="0" * 64,
)


async def test_turns_are_given_in_the_order_in_which_they_were_asked_for() -> None:
    transfers, order = Transfers(max_transfers=2), list[int]()

    async def transfer(number: int) -> None:
        async with transfers.turn():
            order.append(number)
            await asyncio.sleep(0)

    async with AsyncExitStack() as busy, asyncio.TaskGroup() as tasks:
        for _ in range(2):
            await busy.enter_async_context(transfers.turn())
        waiting = [tasks.create_task(transfer(number)) for number in range(10)]
        await asyncio.sleep(0)
        # One that gives up neither takes a turn with it nor stops those behind it.
        waiting[0].cancel()
        waiting[5].cancel()
        await asyncio.sleep(0)
        assert order == []
        await busy.aclose()
    assert order == [1, 2, 3, 4, 6, 7, 8, 9]


async def test_no_more_wait_than_there_is_room_for() -> None:
    transfers = Transfers(max_transfers=1, max_waiting=1)
    async with transfers.turn(), asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(transfers.turn().__aenter__())
        await asyncio.sleep(0)
        with pytest.raises(TooManyTransfers, match="1 transfers of models wait"):
            await transfers.turn().__aenter__()
        waiting.cancel()


async def test_a_turn_that_does_not_come_is_given_up() -> None:
    transfers = Transfers(max_transfers=1, wait_seconds=0.01)
    async with transfers.turn():
        with pytest.raises(TooManyTransfers, match=r"no turn .* within 0\.01 s"):
            await transfers.turn().__aenter__()
    async with transfers.turn():
        pass


def test_what_a_worker_waits_for_is_told() -> None:
    transfers = Transfers()
    assert transfers.download_of("street-0") is None
    with transfers.download("street-0", MODEL) as download:
        waiting = "waits for model person 3: the master sends 4 others"
        assert str(transfers.download_of("street-0")) == waiting
        download.started, download.sent_bytes = True, 120_000_000
        known = "downloads model person 3: 120 of 367 MB"
        assert str(transfers.download_of("street-0")) == known
        # The worker was started anew, and its first call ends late.
        with transfers.download("street-0", MODEL):
            download.sent_bytes = 1
        assert transfers.download_of("street-0") is None


async def test_who_takes_chunks_too_slowly_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfers_module, "MAX_TRANSFER_SECONDS", 0.01)
    transfers = Transfers(max_transfers=1)

    async def content() -> AsyncIterator[bytes]:
        async with transfers.turn():
            yield b""

    async def send() -> None:
        async with aclosing(content()) as chunks:  # type: ignore[type-var]
            async for _ in chunks:
                await asyncio.Future()

    with pytest.raises(TransferTooSlow, match="use a faster network"):
        await send()
    async with transfers.turn():
        pass
