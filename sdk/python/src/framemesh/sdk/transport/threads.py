"""The thread that drives a `Camera`."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from typing import TypeVar

import grpc

from framemesh.api.ingest.v1 import ingest_pb2, ingest_pb2_grpc
from framemesh.sdk.session.core import CameraCore
from framemesh.sdk.session.steps import NO_WAIT, Steps, Stream, Wait
from framemesh.sdk.transport import converters
from framemesh.sdk.transport.channel import CLOSE_SECONDS, RENEW_SECONDS, Channels
from framemesh.sdk.transport.spooling import DISK_SECONDS, OpenSpool, spool_of, tell_if_open
from framemesh.sdk.transport.token import TokenUnavailable, token_metadata

T = TypeVar("T")

SIGNAL_CHECK_SECONDS = 0.2
"""Python handles a Ctrl-C that comes just before a wait begins only once that wait ends."""


class ThreadDriver:
    """Does for a core what needs a lock, a thread or a socket."""

    def __init__(self, core: CameraCore) -> None:
        self._core = core
        self._channels = Channels(core.options.tls)
        self._changed = threading.Condition()
        """Guards the core; notified when it changed."""
        self._call: grpc.Call | None = None
        # A daemon, so that a program that forgets to close its camera can end.
        self._thread = threading.Thread(
            target=self._run, name=f"framemesh-{core.target.camera}", daemon=True
        )
        self._spool = spool_of(core)
        name = f"framemesh-{core.target.camera}-spool"
        self._disk_thread = threading.Thread(
            target=self._run_disk, args=(self._spool,), name=name, daemon=True
        )

    def start(self) -> bool:
        """Connect, if that did not begin yet; whether it begins now."""
        with self._changed:
            begins = self._core.start()
            if begins:
                self._thread.start()
                if self._spool is not None:
                    self._disk_thread.start()
        return begins

    def call(self, event: Callable[[], T], after: Wait = NO_WAIT) -> T:
        """Report an event to the core once a wait is over; returns and raises what it does."""
        with self._changed:
            self._wait(after)
            result = event()
            self._renew()
            self._changed.notify_all()
            return result

    def wait(self, wait: Wait) -> None:
        with self._changed:
            self._wait(wait)

    def stop(self) -> None:
        """End the thread, after the stream if that ends by itself."""
        if self._thread.ident is None:
            return
        try:
            if self._core.ends_by_itself:
                self._thread.join(CLOSE_SECONDS)
        finally:
            self.call(self._core.stop)
            if self._call is not None:
                self._call.cancel()
            self._thread.join(CLOSE_SECONDS)
            if self._disk_thread.ident is not None:
                self._disk_thread.join(DISK_SECONDS)
                tell_if_open(self._core, self._disk_thread.is_alive())

    def _next(self, steps: Steps[T]) -> T | None:
        """The next value, after the waits before it; None at the end."""
        with self._changed:
            for step in steps:
                if not isinstance(step, Wait):
                    return step
                self._wait(step)
        return None

    def _wait(self, wait: Wait) -> None:
        deadline = time.monotonic() + wait.seconds
        while not wait.is_over() and (remaining := deadline - time.monotonic()) > 0:
            self._changed.wait(min(remaining, self._longest_wait()))
            self._renew()

    def _renew(self) -> None:
        """Go over to another connection where there is another certificate."""
        if self._channels.outdated():
            self._core.renew()

    def _longest_wait(self) -> float:
        """Only the main thread handles signals; the others need not wake up for them."""
        if threading.current_thread() is threading.main_thread():
            return SIGNAL_CHECK_SECONDS
        return RENEW_SECONDS if self._channels.encrypted else threading.TIMEOUT_MAX

    def _run(self) -> None:
        try:
            streams = self._core.streams()
            while (stream := self._next(streams)) is not None:
                with self._channels.open(stream.address) as channel:
                    self._push(ingest_pb2_grpc.IngestServiceStub(channel), stream)
        except Exception as error:  # noqa: BLE001  whatever ends the thread, a waiting send raises
            self.call(partial(self._core.failed, error))

    def _run_disk(self, spool: OpenSpool) -> None:
        """Do on the disk what the core asks for."""
        try:
            with closing(spool):
                opened = spool.open()
                self.call(partial(self._core.spool_opened, opened))
                works = self._core.disk_work()
                while (work := self._next(works)) is not None:
                    done = spool.perform(work)
                    self.call(partial(self._core.disk_done, work, done))
        except Exception as error:  # noqa: BLE001  as above
            self.call(partial(self._core.failed, error))

    def _push(self, stub: ingest_pb2_grpc.IngestServiceStub, stream: Stream) -> None:
        """Serve one stream, from its opening to its end."""
        try:
            metadata = token_metadata(self._core.options.token)
        except TokenUnavailable as error:
            code = grpc.StatusCode.UNAVAILABLE
            self.call(partial(self._core.stream_ended, code, str(error)))
            return
        call = self._call = stub.Push(self._requests(stream), metadata=metadata)
        if self._core.stopped:
            call.cancel()  # `stop` did not see it
        opening = threading.Timer(stream.opening_seconds, call.cancel)
        opening.daemon = True
        opening.start()
        # Its status is read below, as is that of a stream which ended well.
        with contextlib.suppress(grpc.RpcError):
            for response in call:
                opening.cancel()
                self.call(partial(converters.apply, response, self._core))
        opening.cancel()
        code, details = call.code(), call.details() or ""
        suspect = self._channels.suspects(code, details)
        fault = self._channels.fault(stream.address) if suspect else ""
        self.call(partial(self._core.stream_ended, code, details, fault))

    def _requests(self, stream: Stream) -> Iterator[ingest_pb2.PushRequest]:
        """Runs in a thread of gRPC, which half-closes the stream when this ends."""
        requests = self._core.requests(stream)
        try:
            while (step := self._next(requests)) is not None:
                yield converters.to_proto(step.request)
        except Exception as error:  # noqa: BLE001
            # Whatever cannot be sent could not be on the next stream either.
            self.call(partial(self._core.failed, error))
