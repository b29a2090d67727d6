"""The streams of results that `results` of a camera reads."""

import asyncio
import contextlib
import math
import queue
import threading
import time
from collections.abc import AsyncIterator, Iterator

import grpc
import grpc.aio

from framemesh.api.monitor.v1 import monitor_pb2, monitor_pb2_grpc
from framemesh.sdk.session.options import CameraOptions, Target, Token
from framemesh.sdk.session.results.result import Result
from framemesh.sdk.session.results.watching import QUEUED_RESULTS, Watch, Watcher
from framemesh.sdk.transport.channel import Channels
from framemesh.sdk.transport.outcomes import to_result
from framemesh.sdk.transport.token import TokenUnavailable, token_metadata

TOKEN = "resume-token"  # noqa: S105  a position in the stream

CHECK_SECONDS = 0.2
"""Between two looks of the reading thread whether anybody still reads."""


class ResultReader:
    """Reads results in a thread, a few ahead of who takes them."""

    def __init__(self, target: Target, options: CameraOptions, *, from_start: bool) -> None:
        """
        Raises:
            InvalidArgument: the camera knows no monitor.
        """
        self._watcher = Watcher(target, options, from_start=from_start)
        self._channels = Channels(options.tls)
        self._token = options.token
        self._results: queue.Queue[Result | Exception] = queue.Queue(QUEUED_RESULTS)
        self._began = threading.Event()
        self._stopped = threading.Event()
        self._call: grpc.Call | None = None
        threading.Thread(target=self._run, name="framemesh-results", daemon=True).start()

    def wait_until_began(self) -> None:
        """Return when every later result will come, or the error that `results` raises."""
        self._began.wait()

    def results(self, timeout: float | None) -> Iterator[Result]:
        """Until none came for `timeout` seconds, or whoever takes them ends."""
        try:
            while True:
                try:
                    result = self._results.get(timeout=timeout)
                except queue.Empty:
                    return
                if isinstance(result, Exception):
                    raise result
                yield result
        finally:
            self.stop()

    def stop(self) -> None:
        self._stopped.set()
        if self._call is not None:
            self._call.cancel()

    def _run(self) -> None:
        try:
            while not self._stopped.wait(self._read(self._watcher.next_stream())):
                pass
        except Exception as error:  # noqa: BLE001  raised by whoever takes results
            self._put(error)
        finally:
            self._began.set()

    def _read(self, watch: Watch) -> float:
        """Read one stream to its end; returns how long to wait before the next."""
        try:
            metadata = token_metadata(self._token)
        except TokenUnavailable as error:
            return self._watcher.ended(grpc.StatusCode.UNAVAILABLE, str(error))
        with self._channels.open(watch.address) as channel:
            stub = monitor_pb2_grpc.MonitorServiceStub(channel)
            call = self._call = stub.WatchResults(_request(watch), metadata=metadata)
            if self._stopped.is_set():
                call.cancel()  # `stop` did not see it
            opening = threading.Timer(watch.opening_seconds, call.cancel)
            opening.daemon = True
            opening.start()
            # Its status is read below.
            with contextlib.suppress(grpc.RpcError):
                if token := dict(call.initial_metadata() or ()).get(TOKEN):
                    self._watcher.opened(str(token))
                    self._began.set()
                    opening.cancel()
                for response in call:
                    self._put(to_result(response.outcome))
                    self._watcher.received(response.resume_token)
            opening.cancel()
            if self._stopped.is_set():
                return 0.0
            return self._watcher.ended(call.code(), call.details() or "")

    def _put(self, result: Result | Exception) -> None:
        while not self._stopped.is_set():
            with contextlib.suppress(queue.Full):
                self._results.put(result, timeout=CHECK_SECONDS)
                return


def results(
    target: Target,
    options: CameraOptions,
    *,
    from_start: bool,
    timeout: float | None,
) -> AsyncIterator[Result]:
    """Until none came for `timeout` seconds, or whoever takes them ends.

    Raises:
        InvalidArgument: the camera knows no monitor.
    """
    watcher = Watcher(target, options, from_start=from_start)
    return _results(watcher, Channels(options.tls), options.token, timeout)


async def _results(
    watcher: Watcher,
    channels: Channels,
    token: Token,
    timeout: float | None,  # noqa: ASYNC109
) -> AsyncIterator[Result]:
    idle = Idle(timeout)
    while not idle.is_over:
        watch = watcher.next_stream()
        try:
            shown = await asyncio.to_thread(token_metadata, token)
        except TokenUnavailable as error:
            await idle.sleep(watcher.ended(grpc.StatusCode.UNAVAILABLE, str(error)))
            continue
        async with channels.open_aio(watch.address) as channel:
            stub = monitor_pb2_grpc.MonitorServiceStub(channel)
            call = stub.WatchResults(_request(watch), metadata=shown)
            try:
                async with asyncio.timeout(watch.opening_seconds):
                    metadata = dict(await call.initial_metadata())
                if place := metadata.get(TOKEN):
                    watcher.opened(str(place))
                while True:
                    async with asyncio.timeout(idle.seconds):
                        response = await call.read()
                    if not isinstance(response, monitor_pb2.WatchResultsResponse):
                        break  # the end of the stream
                    watcher.received(response.resume_token)
                    yield to_result(response.outcome)
                    idle.begin()
            except (grpc.aio.AioRpcError, TimeoutError):
                if idle.is_over:
                    return
            finally:
                call.cancel()
            code, details = await call.code(), await call.details()
        await idle.sleep(watcher.ended(code, details or ""))


class Idle:
    """The time since the last result."""

    def __init__(self, seconds: float | None) -> None:
        self._limit = math.inf if seconds is None else seconds
        self.begin()

    def begin(self) -> None:
        self._deadline = time.monotonic() + self._limit

    @property
    def seconds(self) -> float | None:
        """That are left; None: without end."""
        left = self._deadline - time.monotonic()
        return None if left == math.inf else max(0.0, left)

    async def sleep(self, seconds: float) -> None:
        """For so long, but not beyond the limit."""
        await asyncio.sleep(seconds if self.seconds is None else min(seconds, self.seconds))

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self._deadline


def _request(watch: Watch) -> monitor_pb2.WatchResultsRequest:
    return monitor_pb2.WatchResultsRequest(
        pipeline=watch.pipeline,
        cameras=[watch.camera],
        from_start=watch.from_start,
        resume_token=watch.resume_token,
    )
