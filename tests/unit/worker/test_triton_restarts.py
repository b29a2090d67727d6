"""How long a worker waits before it starts its Triton again, and what it asks of a doubtful one."""

import asyncio
from typing import cast

import pytest

from framemesh.core.errors import FramemeshError
from framemesh.runtime.concurrency.backoff import Backoff
from framemesh.worker.errors import (
    InferenceFailed,
    TritonNotReady,
    TritonShortOfResources,
    TritonStartFailed,
    TritonStartTooSlow,
    TritonUnavailable,
)
from framemesh.worker.triton.client import TritonClient
from framemesh.worker.triton.scarcity import is_scarce
from framemesh.worker.triton.served_model import ServedModel
from framemesh.worker.triton.server import (
    OWN_RESTARTS,
    PERMANENT_RESTARTS,
    TritonServer,
    pauses_after,
)
from tests.hand_clock import HandClock

OUT_OF_MEMORY = "Triton cannot load yolo-1: std::bad_alloc"
BROKEN = "Triton cannot load yolo-1: no operator Foo"


@pytest.mark.parametrize(
    ("why", "scarce"),
    [
        (OUT_OF_MEMORY, True),
        ("onnxruntime: Failed to allocate memory for requested buffer of size 1024", True),
        ("CUDA failure 2: out of memory", True),
        ("[Errno 28] No space left on device", True),
        ("tritonserver exited at once: killed by signal 9 (Killed)", True),
        ("tritonserver exited at once: killed by signal 11 (Segmentation fault)", False),
        (BROKEN, False),
    ],
)
def test_want_of_memory_or_disk_is_told_from_what_stays_wrong(why: str, scarce: bool) -> None:
    assert is_scarce(why) is scarce


@pytest.mark.parametrize(
    ("failure", "pauses"),
    [
        (TritonStartFailed(BROKEN), PERMANENT_RESTARTS),
        (InferenceFailed("onnxruntime: bad shape"), PERMANENT_RESTARTS),
        (TritonStartFailed(OUT_OF_MEMORY), OWN_RESTARTS),
        (TritonStartTooSlow("no answer after 120 s"), OWN_RESTARTS),
        (TritonUnavailable("it is away"), OWN_RESTARTS),
    ],
)
def test_what_stays_wrong_is_tried_least_often(failure: FramemeshError, pauses: Backoff) -> None:
    assert pauses_after(failure) is pauses


class Broken:
    """Never starts."""

    owned = True
    running = False

    def __init__(self, why: str) -> None:
        self._why = why

    async def start(self, client: TritonClient) -> None:
        raise TritonStartFailed(self._why)

    async def stop(self) -> None:
        """Nothing runs."""

    def last_log_line(self) -> str:
        return self._why


@pytest.mark.parametrize(
    ("why", "raised"), [(OUT_OF_MEMORY, TritonShortOfResources), (BROKEN, TritonStartFailed)]
)
async def test_a_start_that_fails_says_whether_it_may_pass(
    why: str, raised: type[TritonStartFailed]
) -> None:
    triton = TritonServer(Broken(why), TritonClient(), HandClock())
    with pytest.raises(TritonStartFailed, match=why) as failed:
        await triton.start([])
    assert type(failed.value) is raised
    assert failed.value.permanent is (raised is TritonStartFailed)


class Running:
    """An instance that was started by somebody else."""

    owned = False
    running = True

    async def start(self, client: TritonClient) -> None:
        """It runs."""

    async def stop(self) -> None:
        """It goes on."""

    def last_log_line(self) -> str:
        return ""


class OneFailedCall:
    """A model whose only call fails, and whose probes succeed once they may."""

    def __init__(self) -> None:
        self.answered_at = 0.0
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.calls = 0

    async def attach(self) -> None:
        """It has no memory to share."""

    async def probe(self) -> None:
        await self.may_answer.wait()

    async def infer(self, rows: list[int], size: None) -> None:
        self.calls += 1
        raise TritonUnavailable("connection reset")


async def test_after_a_failed_call_none_follows_until_a_probe_was_answered() -> None:
    """The next might be the last attempt of a frame that did nothing, at a Triton that is dead."""
    triton = TritonServer(Running(), TritonClient(), HandClock())
    failing = OneFailedCall()
    model = cast("ServedModel", failing)
    await triton.start([model])
    failing.may_answer.clear()
    watching = asyncio.create_task(triton.watch())
    with pytest.raises(TritonUnavailable):
        await triton.infer(model, [0])

    with pytest.raises(TritonNotReady):
        await triton.infer(model, [0])
    waiting = asyncio.create_task(triton.available())
    await asyncio.sleep(0)
    assert (waiting.done(), failing.calls, triton.healthy) == (False, 1, True)
    failing.may_answer.set()
    async with asyncio.timeout(5):
        await waiting
    watching.cancel()
