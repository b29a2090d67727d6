"""Threads that decode images; one that works on an image for too long is replaced."""

import asyncio
import math
import queue
import threading
import time
from collections.abc import Callable
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


@dataclass(slots=True, eq=False)
class _Job:
    decode: Callable[[], object]
    write: Callable[[], None]
    cpu_seconds: float
    """What `decode` may take."""
    done: asyncio.Future[None]
    thread: int = 0
    """Identifier of the thread that runs it."""
    first_seen_cpu: float | None = None
    """The thread's CPU time when `watch` first saw it run."""
    decided: bool = False
    """Whether `decode` ended in time, or was given up: whatever came first."""
    settled: bool = False
    """Whether the event loop knows its end, also where nobody waited for it any more."""


class DecodeThreads:
    """Runs jobs of two steps in threads: `decode`, which may be given up, then `write`.

    What counts is the thread's own CPU time: a busy machine makes no image too slow. A job that
    was given up never writes, so the memory that it would write to is free at once; its thread goes
    on until the decoder returns, while another one does its work.
    """

    def __init__(self, count: int) -> None:
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._running: set[_Job] = set()
        self._threads: set[threading.Thread] = set()
        self._overdue = 0
        for _ in range(count):
            self._start_thread()

    async def run(
        self, decode: Callable[[], object], write: Callable[[], None], cpu_seconds: float
    ) -> None:
        """Run both steps, of which the second takes milliseconds.

        A caller that is cancelled still waits for their end: the memory that they write to is not
        free before.

        Raises:
            TooSlowToDecode: the first step took longer than `cpu_seconds`.
        """
        loop = asyncio.get_running_loop()
        job = _Job(decode, write, cpu_seconds, loop.create_future())
        self._jobs.put(job)
        try:
            await job.done
        except asyncio.CancelledError:
            if not job.settled:
                # It was cancelled with the caller: the thread needs another one to say its end.
                job.done = loop.create_future()
                await asyncio.wait([job.done])
            if not job.done.cancelled():
                job.done.exception()
            raise

    async def call(self, work: Callable[[], T]) -> T:
        """What `work` returns: our own code, which is never given up.

        As `run`, it waits for the end of the work even where the caller is cancelled.
        """
        returned: list[T] = []
        await self.run(_nothing, lambda: returned.append(work()), math.inf)
        return returned[0]

    async def watch(self) -> None:
        """Give up jobs that take too long, until cancelled.

        Raises:
            ThreadsStuck: so many threads still work on what was given up that only a new process
                helps.
        """
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            for job in list(self._running):
                if self._cpu_seconds(job) > job.cpu_seconds:
                    self._give_up(job)

    def close(self) -> None:
        """End the threads that have nothing to do. Those that still decode end with the process."""
        # Each leaves the set as it ends, some before the last of them was told.
        threads = list(self._threads)
        for _ in threads:
            self._jobs.put(None)
        for thread in threads:
            thread.join(JOIN_SECONDS)

    def _cpu_seconds(self, job: _Job) -> float:
        """How long a job has kept its thread busy since it was first seen.

        Most jobs end unseen. A thread that read its own clock at the start of each would take
        200 us a frame: that system call is slow while other threads of the process run.
        """
        with self._lock:
            # Its thread cannot end meanwhile.
            if job not in self._running:
                return 0.0
            used = time.clock_gettime(time.pthread_getcpuclockid(job.thread))
        if job.first_seen_cpu is None:
            job.first_seen_cpu = used
        return used - job.first_seen_cpu

    def _give_up(self, job: _Job) -> None:
        if not self._decide(job):
            return
        log.warning("image takes too long to decode", cpu_seconds=job.cpu_seconds)
        _settle(
            job, TooSlowToDecode(f"it was not decoded after {job.cpu_seconds:.1f} s of CPU time")
        )
        with self._lock:
            self._overdue += 1
        if self._overdue > MAX_OVERDUE:
            raise ThreadsStuck(
                f"{self._overdue} threads hang in a decoder of images: the worker starts anew"
            )
        self._start_thread()

    def _decide(self, job: _Job) -> bool:
        """Whether the caller is the first to say how the first step of a job ended."""
        with self._lock:
            first, job.decided = not job.decided, True
            self._running.discard(job)
        return first

    def _start_thread(self) -> None:
        # A daemon: one that hangs must not keep the process from ending.
        thread = threading.Thread(target=self._work, name="decode", daemon=True)
        self._threads.add(thread)
        thread.start()

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None and self._run(job):
            # Not kept until the next one comes: its image's pixels hang on it.
            del job
        self._threads.discard(threading.current_thread())

    def _run(self, job: _Job) -> bool:
        """False where the job was given up meanwhile, and this thread was replaced."""
        error: Exception | None = None
        job.thread = threading.get_ident()
        self._running.add(job)
        try:
            job.decode()
        except Exception as failed:  # noqa: BLE001  the caller gets it
            error = failed
        if not self._decide(job):
            with self._lock:
                self._overdue -= 1
            return False
        try:
            if error is None:
                job.write()
        except Exception as failed:  # noqa: BLE001  the caller gets it
            error = failed
        job.done.get_loop().call_soon_threadsafe(_settle, job, error)
        return True


def _nothing() -> None:
    """The first step of a job that has only a second one."""


def _settle(job: _Job, error: Exception | None) -> None:
    job.settled = True
    if job.done.done():
        return
    if error is None:
        job.done.set_result(None)
    else:
        job.done.set_exception(error)
