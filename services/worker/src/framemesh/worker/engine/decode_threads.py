"""Threads that decode images; one that works on an image for too long is replaced."""

import asyncio
import math
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from framemesh.core.errors import FramemeshError
from framemesh.runtime.logs import get_logger
from framemesh.worker.errors import TooSlowToDecode

log = get_logger()

T = TypeVar("T")

CHECK_SECONDS = 0.1
"""Between two checks of how long the threads have worked; a job may take as much more."""

MAX_OVERDUE = 8
"""Threads that were replaced and still work. Only the end of the process ends a thread."""

JOIN_SECONDS = 1.0
"""For a thread that has nothing to do to end."""


class ThreadsStuck(FramemeshError):
    """So many threads hang in a decoder that only a new process frees their memory."""


def _nothing() -> None:
    """The second step of a job that has none."""


@dataclass(frozen=True, slots=True)
class DecodeJob:
    """Work on one image."""

    decode: Callable[[], object]
    cpu_seconds: float
    """What `decode` may take."""
    write: Callable[[], None] = _nothing
    """What is done then, which takes milliseconds."""


class _Batch:
    """Jobs that one caller waits for."""

    def __init__(self, jobs: int) -> None:
        self.errors: list[Exception | None] = [None] * jobs
        self.left = jobs
        """Jobs that have not ended, under the lock of the threads."""
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.settled = False
        """Whether the event loop knows their end, also where nobody waited for it any more."""

    def settle(self) -> None:
        self.settled = True
        if not self.done.done():
            self.done.set_result(None)


@dataclass(slots=True, eq=False)
class _Running:
    """A job on its way."""

    job: DecodeJob
    batch: _Batch
    place: int
    """In `batch`."""
    thread: int = 0
    """Identifier of the thread that runs it."""
    first_seen_cpu: float | None = None
    """The thread's CPU time when `watch` first saw it run."""
    decided: bool = False
    """Whether `decode` ended in time, or was given up: whatever came first."""


class DecodeThreads:
    """Runs jobs of two steps in threads: `decode`, which may be given up, then `write`.

    What counts is the thread's own CPU time: a busy machine makes no image too slow. A job that
    was given up never writes, so the memory that it would write to is free at once; its thread goes
    on until the decoder returns, while another one does its work.
    """

    def __init__(self, count: int) -> None:
        self._jobs: queue.SimpleQueue[_Running | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._running: set[_Running] = set()
        self._threads: set[threading.Thread] = set()
        self._overdue = 0
        for _ in range(count):
            self._start_thread()

    async def run(self, jobs: Sequence[DecodeJob]) -> list[Exception | None]:
        """Run jobs, several at once where threads are free; the error of each, which is
        TooSlowToDecode where its first step took longer than it may.

        A caller that is cancelled still waits for their end: the memory that they write to is not
        free before.
        """
        batch = _Batch(len(jobs))
        for place, job in enumerate(jobs):
            self._jobs.put(_Running(job, batch, place))
        try:
            # The event loop is told once, at the end of the last: to be woken costs more than most
            # of what else is done for a frame here.
            await batch.done
        except asyncio.CancelledError:
            if not batch.settled:
                # It was cancelled with the caller: the threads need another one to say the end.
                batch.done = asyncio.get_running_loop().create_future()
                await asyncio.wait([batch.done])
            raise
        return batch.errors

    async def call(self, work: Callable[[], T]) -> T:
        """What `work` returns, or its error: our own code, which is never given up.

        As `run`, it waits for the end of the work even where the caller is cancelled.
        """
        returned: list[T] = []
        (error,) = await self.run([DecodeJob(_nothing, math.inf, lambda: returned.append(work()))])
        if error is not None:
            raise error
        return returned[0]

    async def watch(self) -> None:
        """Give up jobs that take too long, until cancelled.

        Raises:
            ThreadsStuck: so many threads still work on what was given up that only a new process
                helps.
        """
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            for running in list(self._running):
                if self._cpu_seconds(running) > running.job.cpu_seconds:
                    self._give_up(running)

    def close(self) -> None:
        """End the threads that have nothing to do. Those that still decode end with the process."""
        # Each leaves the set as it ends, some before the last of them was told.
        threads = list(self._threads)
        for _ in threads:
            self._jobs.put(None)
        for thread in threads:
            thread.join(JOIN_SECONDS)

    def _cpu_seconds(self, running: _Running) -> float:
        """How long a job has kept its thread busy since it was first seen.

        Most jobs end unseen. A thread that read its own clock at the start of each would take
        200 us a frame: that system call is slow while other threads of the process run.
        """
        with self._lock:
            # Its thread cannot end meanwhile.
            if running not in self._running:
                return 0.0
            used = time.clock_gettime(time.pthread_getcpuclockid(running.thread))
        if running.first_seen_cpu is None:
            running.first_seen_cpu = used
        return used - running.first_seen_cpu

    def _give_up(self, running: _Running) -> None:
        if not self._decide(running):
            return
        bound = running.job.cpu_seconds
        log.warning("image takes too long to decode", cpu_seconds=bound)
        error = TooSlowToDecode(f"it was not decoded after {bound:.1f} s of CPU time")
        if self._ended(running, error):
            running.batch.settle()
        with self._lock:
            self._overdue += 1
        if self._overdue > MAX_OVERDUE:
            raise ThreadsStuck(
                f"{self._overdue} threads hang in a decoder of images: the worker starts anew"
            )
        self._start_thread()

    def _decide(self, running: _Running) -> bool:
        """Whether the caller is the first to say how the first step of a job ended."""
        with self._lock:
            first, running.decided = not running.decided, True
            self._running.discard(running)
        return first

    def _ended(self, running: _Running, error: Exception | None) -> bool:
        """Note the end of a job; whether it was the last of those that its caller waits for."""
        batch = running.batch
        batch.errors[running.place] = error
        with self._lock:
            batch.left -= 1
            return not batch.left

    def _start_thread(self) -> None:
        # A daemon: one that hangs must not keep the process from ending.
        thread = threading.Thread(target=self._work, name="decode", daemon=True)
        self._threads.add(thread)
        thread.start()

    def _work(self) -> None:
        while (running := self._jobs.get()) is not None and self._run(running):
            # Not kept until the next one comes: its image's pixels hang on it.
            del running
        self._threads.discard(threading.current_thread())

    def _run(self, running: _Running) -> bool:
        """False where the job was given up meanwhile, and this thread was replaced."""
        error: Exception | None = None
        running.thread = threading.get_ident()
        self._running.add(running)
        try:
            running.job.decode()
        except Exception as failed:  # noqa: BLE001  the caller gets it
            error = failed
        if not self._decide(running):
            with self._lock:
                self._overdue -= 1
            return False
        try:
            if error is None:
                running.job.write()
        except Exception as failed:  # noqa: BLE001  the caller gets it
            error = failed
        batch = running.batch
        if self._ended(running, error):
            batch.done.get_loop().call_soon_threadsafe(batch.settle)
        return True
